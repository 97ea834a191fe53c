package sim_test

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// show prints a distribution, its least value and mean, and what it draws first.
func show(d sim.Dist) {
	var r sim.Rand // a stream of its own, always the same
	fmt.Printf("%v: min %v, mean %v\n", d, d.Min(), d.Mean().Round(10*time.Microsecond))
	for range 4 {
		fmt.Println(d.Sample(&r).Round(10 * time.Microsecond))
	}
}

func ExampleConstant() {
	show(sim.Constant(5 * time.Millisecond))
	// Output:
	// 5ms: min 5ms, mean 5ms
	// 5ms
	// 5ms
	// 5ms
	// 5ms
}

func ExampleUniform() {
	show(sim.Uniform(1*time.Millisecond, 5*time.Millisecond))
	// Output:
	// uniform 1ms 5ms: min 1ms, mean 3ms
	// 1.89ms
	// 3.7ms
	// 2.37ms
	// 2.76ms
}

// The mean is larger than the parameter, as nothing is below 0.
func ExampleNormal() {
	show(sim.Normal(10*time.Millisecond, 8*time.Millisecond))
	// Output:
	// normal 10ms 8ms: min 0s, mean 11.63ms
	// 5.91ms
	// 14.43ms
	// 8.24ms
	// 10ms
}

func ExampleExponential() {
	show(sim.Exponential(5 * time.Millisecond))
	// Output:
	// exponential 5ms: min 0s, mean 5ms
	// 1.26ms
	// 5.63ms
	// 2.1ms
	// 2.91ms
}

// A quarter of a percent of the messages take more than a hundred times as long
// as the fastest: 100 to the power of -1.3.
func ExamplePareto() {
	show(sim.Pareto(1*time.Millisecond, 1.3))
	// Output:
	// pareto 1ms 1.3: min 1ms, mean 4.33ms
	// 1.21ms
	// 2.38ms
	// 1.38ms
	// 1.56ms
}

func ExampleLogNormal() {
	show(sim.LogNormal(10*time.Millisecond, 0.5))
	// Output:
	// lognormal 10ms 0.5: min 0s, mean 11.33ms
	// 6.83ms
	// 12.56ms
	// 8.17ms
	// 9.28ms
}

// What was measured, in any order.
func ExampleEmpirical() {
	show(sim.Empirical(9*time.Millisecond, 1*time.Millisecond, 2*time.Millisecond))
	// Output:
	// empirical 1ms 2ms 9ms: min 1ms, mean 3.5ms
	// 1.45ms
	// 4.46ms
	// 1.69ms
	// 1.88ms
}

func ExampleParseDist() {
	d, err := sim.ParseDist("uniform 1ms 5ms")
	fmt.Println(d == sim.Uniform(1*time.Millisecond, 5*time.Millisecond), err)

	_, err = sim.ParseDist("unifrom 1ms 5ms")
	fmt.Println(err)
	_, err = sim.ParseDist("uniform 5ms 1ms")
	fmt.Println(err)
	// Output:
	// true <nil>
	// distribution "unifrom 1ms 5ms", column 1: unknown distribution "unifrom", expected a duration such as 5ms, or one of constant, uniform, normal, exponential, pareto, lognormal, empirical
	// hint: did you mean "uniform LO HI"?
	// distribution "uniform 5ms 1ms", column 13: hi 1ms is below lo 5ms
}
