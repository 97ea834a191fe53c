package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// results are the samples of all rounds, by "peer/workload".
type results map[string][]sample

// timeRounds runs each workload on each peer in turn, again and again: what
// slows the machine down for a while slows all of a round's runs. It prints the
// table of what has been done when it ends or is interrupted.
func timeRounds(ctx context.Context, rounds int, quick bool) error {
	done := results{}
	total := rounds * len(workloads) * len(peers)
	started := time.Now()
	i := 0
	for round := range rounds {
		for _, l := range workloads {
			n := l.n
			if quick {
				n /= 10
			}
			for _, p := range peers {
				name := p.name + "/" + l.name
				s, err := timed(ctx, name, n)
				if ctx.Err() != nil {
					fmt.Fprintln(os.Stderr, "interrupted")
					return done.print(os.Stdout)
				}
				if err != nil {
					return err
				}
				done[name] = append(done[name], s)
				i++
				left := time.Since(started) / time.Duration(i) * time.Duration(total-i)
				fmt.Fprintf(os.Stderr, "[%d/%d] round %d: %-20s %5.0f ns    %v left\n",
					i, total, round+1, name, s.nanos(), left.Round(time.Second))
			}
		}
	}
	return done.print(os.Stdout)
}

// countedOps is how much a run under valgrind does, and once more twice of it.
const countedOps = 100_000

// countInstructions prints the instructions per message or wake-up: what a run
// of 2N takes more than one of N, divided by N, so that construction, warm-up
// and the runtime's start cancel out.
func countInstructions(ctx context.Context) error {
	found := map[string]float64{}
	for _, l := range workloads {
		for _, p := range peers {
			name := p.name + "/" + l.name
			small, few, err := counted(ctx, name, countedOps)
			if err != nil {
				return err
			}
			large, many, err := counted(ctx, name, 2*countedOps)
			if err != nil {
				return err
			}
			found[name] = float64(many-few) / float64(large.Ops-small.Ops)
			fmt.Fprintf(os.Stderr, "%-20s %8.0f\n", name, found[name])
		}
	}
	return printInstructions(os.Stdout, found)
}
