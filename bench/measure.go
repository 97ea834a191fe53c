package main

import (
	"runtime"
	"syscall"
	"time"
)

// sample is what one run of a workload took, without its construction and
// warm-up.
type sample struct {
	Ops    int64         // messages delivered, or wake-ups
	Events uint64        // as the kernel counts them; 0 where nobody does
	CPU    time.Duration // user and system, of all threads: the collector's too
	Wall   time.Duration
	Allocs uint64
	Bytes  uint64
}

// nanos is CPU nanoseconds per message or wake-up.
func (s *sample) nanos() float64 { return float64(s.CPU) / float64(s.Ops) }

func (s *sample) events() float64 { return float64(s.Events) / float64(s.Ops) }

func (s *sample) allocs() float64 { return float64(s.Allocs) / float64(s.Ops) }

func (s *sample) bytes() float64 { return float64(s.Bytes) / float64(s.Ops) }

// measure takes the sample of f, which returns how much it did.
func measure(f func() int64) sample {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu, wall := cpuTime(), wallTime()
	ops := f()
	s := sample{Ops: ops, CPU: cpuTime() - cpu, Wall: wallTime() - wall}
	runtime.ReadMemStats(&after)
	s.Allocs, s.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return s
}

// cpuTime is what this process has used. On machines that others use too it is
// far steadier than wall time.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("bench: getrusage: " + err.Error())
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// wallTime asks the system: in a synctest bubble, time.Now is virtual.
func wallTime() time.Duration {
	var tv syscall.Timeval
	if err := syscall.Gettimeofday(&tv); err != nil {
		panic("bench: gettimeofday: " + err.Error())
	}
	return time.Duration(tv.Nano())
}
