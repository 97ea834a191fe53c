// Command bench measures Orrery beside other simulators of its kind, on the
// workloads of workloads.go, and prints the ratios. It is a module of its own, so
// that what it compares with never enters Orrery's. README.md says how to read it.
//
//	go run .                  the table
//	go run . -quick           the same from a tenth of the work
//	go run . -instructions    instructions instead of time; needs valgrind
//	go run . -one orrery/W2 -cpuprofile w2.prof    one run, for go tool pprof
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

const usageExit = 64 // as for the orrery command

type options struct {
	rounds       int
	quick        bool
	instructions bool
	one          string
	n            int
	cpuprofile   string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "how often each workload is run on each simulator")
	flag.BoolVar(&o.quick, "quick", false, "do a tenth of the work")
	flag.BoolVar(&o.instructions, "instructions", false, "count instructions with valgrind, which no load disturbs")
	flag.StringVar(&o.one, "one", "", "run one `peer/workload` in this process and print its sample as JSON")
	flag.IntVar(&o.n, "n", 0, "with -one, the `number` of messages or wake-ups; 0 means as in the table")
	flag.StringVar(&o.cpuprofile, "cpuprofile", "", "with -one, write a CPU profile to this `file`")
	flag.Parse()
	if err := o.check(flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(usageExit)
	}
	if err := o.run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func (o *options) check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("unexpected argument %q\nhint: go run . -help", args[0])
	case o.rounds < 1:
		return fmt.Errorf("-rounds is %d, expected at least 1", o.rounds)
	case o.n < 0:
		return fmt.Errorf("-n is %d, expected a positive number", o.n)
	case o.one == "" && (o.n != 0 || o.cpuprofile != ""):
		return errors.New("-n and -cpuprofile are for a single run\nhint: add -one orrery/W1")
	case o.one != "":
		_, _, err := find(o.one)
		return err
	}
	return nil
}

func (o *options) run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch {
	case o.one != "":
		return runOne(o.one, o.n, o.cpuprofile)
	case o.instructions:
		return countInstructions(ctx)
	}
	return timeRounds(ctx, o.rounds, o.quick)
}
