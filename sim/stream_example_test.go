package sim_test

import (
	"fmt"
	"io"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// echo answers every message of every connection to its port with the same.
func echo(p *sim.Proc) {
	port := p.Listen("echo")
	for {
		c := port.Accept(p)
		p.Go("conn", func(p *sim.Proc) {
			for {
				body, err := c.Recv(p)
				if err != nil {
					c.Close(p)
					return
				}
				c.Send(p, body)
			}
		})
	}
}

// A connection costs one round trip, and carries messages in both directions.
func ExampleProc_Dial() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", echo)
	w.Client("alice", func(p *sim.Proc) {
		c, err := p.Dial("server:echo", time.Second)
		fmt.Println(c, err, w.Now())
		c.Send(p, "hello")
		c.Send(p, "world")
		for range 2 {
			body, err := c.Recv(p)
			fmt.Println(body, err, w.Now())
		}
		c.Close(p)
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// connection alice-server <nil> 2ms
	// hello <nil> 4ms
	// world <nil> 4ms
	// ok
}

// A node that is up and does not listen refuses at once; one that is down is
// silent.
func ExampleProc_Dial_refused() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", echo)
	w.Client("alice", func(p *sim.Proc) {
		_, err := p.Dial("server:ehco", time.Second)
		fmt.Println(err, w.Now())
		w.Lookup("server").Crash()
		_, err = p.Dial("server:echo", time.Second)
		fmt.Println(err, w.Now())
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// connection refused 2ms
	// timeout 1.002s
	// ok
}

// A partition stalls a connection. If it is healed in time, everything arrives: as
// soon as the next try to send again, and in order.
func ExampleConn_Send() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", echo)
	w.Client("alice", func(p *sim.Proc) {
		c, _ := p.Dial("server:echo", time.Second)
		part := w.Partition([]string{"alice"}, []string{"server"})
		for i := range 3 {
			c.Send(p, i)
			p.Sleep(time.Second)
		}
		part.Heal()
		fmt.Println("healed", w.Now())
		for range 3 {
			body, err := c.Recv(p)
			fmt.Println(body, err, w.Now())
		}
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// healed 3.002s
	// 0 <nil> 3.004s
	// 1 <nil> 3.005s
	// 2 <nil> 3.005s
	// ok
}

// A partition that lasts breaks the connection, at the end that sends: it cannot
// know what has arrived. The other end learns it when it sends something itself.
func ExampleConn_Recv() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		c := p.Listen("x").Accept(p)
		p.Sleep(time.Minute)
		fmt.Println("server sends:", c.Send(p, "are you there?"), w.Now())
		_, err := c.Recv(p)
		fmt.Println("server hears:", err, w.Now())
	})
	w.Client("alice", func(p *sim.Proc) {
		c, _ := p.Dial("server:x", time.Second)
		part := w.Isolate("server")
		c.Send(p, "hello")
		_, err := c.Recv(p)
		fmt.Println("alice hears: ", err, w.Now())
		part.Heal()
	})
	fmt.Println(w.Run(2 * time.Minute))
	// Output:
	// alice hears:  connection broken 15.003s
	// server sends: <nil> 1m0.001s
	// server hears: connection reset 1m0.003s
	// ok
}

// What was sent before a close arrives, and then the end.
func ExampleConn_Close() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		c := p.Listen("x").Accept(p)
		for {
			body, err := c.Recv(p)
			if err == io.EOF {
				fmt.Println(c.Peer(), "has closed")
				return
			}
			fmt.Println(body)
		}
	})
	w.Client("alice", func(p *sim.Proc) {
		c, _ := p.Dial("server:x", time.Second)
		c.Send(p, "first")
		c.Send(p, "second")
		c.Close(p)
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// first
	// second
	// alice has closed
	// ok
}

// A server may take connections one at a time; meanwhile others wait, already
// established.
func ExamplePort_AcceptTimeout() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		port := p.Listen("x")
		p.Sleep(time.Second) // busy
		for {
			c, err := port.AcceptTimeout(p, time.Second)
			if err != nil {
				fmt.Println(err, w.Now())
				return
			}
			body, _ := c.Recv(p)
			fmt.Println(c.Peer(), body, w.Now())
		}
	})
	for i, name := range []string{"alice", "bob"} {
		w.Client(name, func(p *sim.Proc) {
			p.Sleep(time.Duration(i) * time.Millisecond)
			c, _ := p.Dial("server:x", time.Second)
			c.Send(p, "hello")
		})
	}
	fmt.Println(w.Run(time.Minute))
	// Output:
	// alice hello 1s
	// bob hello 1s
	// timeout 2s
	// ok
}
