package nodes

import (
	"reflect"
	"testing"

	"github.com/orrery-sim/orrery/scenarios"
)

// TestYAML has every scenario on the shelf be read as it is written.
func TestYAML(t *testing.T) {
	find := func(name string) (*scenarios.System, []string) {
		s, _ := All.System(name)
		return s, All.Names()
	}
	for _, system := range All {
		for _, name := range system.ScenarioNames() {
			s, err := system.Scenario(name)
			if err != nil {
				t.Error(err)
				continue
			}
			got, err := scenarios.Parse("x.yaml", s.YAML(), find)
			if err != nil {
				t.Errorf("%s: %v\n%s", s.FullName(), err, s.YAML())
				continue
			}
			got.File = ""
			if !reflect.DeepEqual(got, s) {
				t.Errorf("wrote\n%s\nread %+v\nnot  %+v", s.YAML(), got, s)
			}
		}
	}
}
