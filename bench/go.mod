module github.com/orrery-sim/orrery/bench

go 1.26.0

require github.com/orrery-sim/orrery v0.0.0

replace github.com/orrery-sim/orrery => ../
