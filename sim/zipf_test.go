package sim

import "testing"

func TestZipf(t *testing.T) {
	const draws = 100_000
	for _, c := range []struct {
		n    int
		skew float64
		want []float64 // the share of the first ones
	}{
		{1, 1, []float64{1}},
		{4, 0, []float64{0.25, 0.25, 0.25, 0.25}},
		{4, 1, []float64{12.0 / 25, 6.0 / 25, 4.0 / 25, 3.0 / 25}},
		{2, 2, []float64{0.8, 0.2}},
	} {
		z, r := NewZipf(c.n, c.skew), newRand(1)
		got := make([]int, c.n)
		for range draws {
			got[z.Draw(&r)]++
		}
		for i, want := range c.want {
			if share := float64(got[i]) / draws; share < want-0.01 || share > want+0.01 {
				t.Errorf("n %d, skew %v: thing %d has a share of %v, want %v", c.n, c.skew, i, share, want)
			}
		}
	}
}
