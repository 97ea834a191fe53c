package faults_test

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// pair is a cluster of two nodes, of which the first that is up leads.
type pair struct{ w *sim.World }

func (c pair) World() *sim.World { return c.w }
func (c pair) Servers() []string { return []string{"ann", "bob"} }
func (c pair) Roles() []string   { return []string{"leader"} }
func (c pair) Role(string) []string {
	for _, name := range c.Servers() {
		if c.w.Lookup(name).Up() {
			return []string{name}
		}
	}
	return nil
}

func newPair() pair {
	c := pair{sim.New(sim.Config{Seed: 7})}
	for _, name := range c.Servers() {
		c.w.Node(name, func(p *sim.Proc) { p.Recv() })
	}
	return c
}

func Example() {
	c := newPair()
	defer c.w.Close()
	plan, err := faults.Schedule{
		faults.MustParse("at 1s for 5s: crash leader"),
		faults.MustParse("at 2s for 1s: crash leader"),
		faults.MustParse("at 2500ms: isolate leader"),
	}.Install(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.w.Run(2200 * time.Millisecond)
	for _, f := range plan.InForce() {
		fmt.Println("in force:", f.Text, "until", f.Until)
	}
	c.w.Run(10 * time.Second)
	for _, d := range plan.Log() {
		fmt.Println(d)
	}
	// Output:
	// in force: crash ann until 6s
	// in force: crash bob until 3s
	// 1s crash ann
	// 2s crash bob
	// 2.5s skipped isolate leader: no leader
	// 3s end of crash bob
	// 6s end of crash ann
}

func ExampleParse() {
	f, err := faults.Parse("every 2s for 500ms until 10s: cut leader -> random 1 of followers")
	fmt.Println(f, err)
	_, err = faults.Parse("at 5s fro 3s: isolte leader")
	fmt.Println(err)
	// Output:
	// at 2s for 500ms every 2s until 10s: cut leader -> random 1 of followers <nil>
	// column 7: expected one of at, after, for, every, times, until, found "fro"; did you mean "for"?
	// column 15: there is no fault "isolte"; did you mean "isolate"?
}

func ExampleFault_Check() {
	c := newPair()
	defer c.w.Close()
	fmt.Println(faults.MustParse("at 5s: crash random 3").Check(c))
	fmt.Println(faults.MustParse("at 5s: pause lieder").Check(c))
	// Output:
	// crash: random 3: there are only 2
	// pause: there is no node or role "lieder"; did you mean "leader"?
	// hint: servers are ann, bob; roles are leader
}

func ExamplePlan_Stop() {
	c := newPair()
	defer c.w.Close()
	plan, err := faults.Schedule{faults.MustParse("at 1s every 2s: pause next")}.Install(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.w.At(4*time.Second, "the faults end", plan.Stop)
	c.w.Run(10 * time.Second)
	for _, d := range plan.Log() {
		fmt.Println(d)
	}
	// Output:
	// 1s pause ann
	// 3s pause bob
	// 4s end of pause bob
	// 4s end of pause ann
}

func ExampleFault_GoString() {
	f := faults.MustParse("every 2s times 5: restart next")
	fmt.Printf("%#v\n", faults.Schedule{f})
	// Output: faults.Schedule{faults.MustParse("at 2s every 2s times 5: restart next")}
}
