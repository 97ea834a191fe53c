package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/orrery-sim/orrery/internal/suggest"
)

// Catalog is a list of systems, by which names are found.
type Catalog []*System

// Names returns the systems' names.
func (c Catalog) Names() []string {
	var names []string
	for _, s := range c {
		names = append(names, s.Name)
	}
	return names
}

// System returns the system of that name, or an error that names the nearest.
func (c Catalog) System(name string) (*System, error) {
	for _, s := range c {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, unknown("system", name, c.Names())
}

// find is what Parse asks.
func (c Catalog) find(name string) (*System, []string) {
	s, _ := c.System(name)
	return s, c.Names()
}

// Load returns the scenario of a name such as raft/calm, or of the YAML file at a
// path.
func (c Catalog) Load(name string) (*Scenario, error) {
	if isFile(name) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return Parse(name, text, c.find)
	}
	system, short, ok := strings.Cut(name, "/")
	if !ok {
		return nil, fmt.Errorf("unknown scenario %q: expected SYSTEM/NAME, or a path that ends in .yaml%s", name, c.hint(name))
	}
	s, err := c.System(system)
	if err != nil {
		return nil, err
	}
	return s.Scenario(short)
}

func isFile(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// hint says what of a system alone can be run.
func (c Catalog) hint(name string) string {
	s, err := c.System(name)
	if err != nil {
		return suggest.Hint(name, c.Names()) + c.elsewhere(name)
	}
	return "\nhint: system " + name + " has " + strings.Join(s.ScenarioNames(), ", ")
}

// elsewhere lists the scenarios of that name with the systems that have one.
func (c Catalog) elsewhere(name string) string {
	var found []string
	for _, s := range c {
		if contains(s.ScenarioNames(), name) {
			found = append(found, s.Name+"/"+name)
		}
	}
	if found == nil {
		return ""
	}
	return "\nhint: there is " + strings.Join(found, ", ")
}

// ScenarioNames returns the names of the scenarios that come with the system.
func (s *System) ScenarioNames() []string {
	if s.Scenarios == nil {
		return nil
	}
	files, err := fs.Glob(s.Scenarios, "scenarios/*.yaml")
	if err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // the pattern is ours
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// Scenario returns the scenario of that name which comes with the system.
func (s *System) Scenario(name string) (*Scenario, error) {
	if s.Scenarios == nil {
		return nil, unknown("scenario of system "+s.Name, name, nil)
	}
	text, err := fs.ReadFile(s.Scenarios, "scenarios/"+name+".yaml")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, unknown("scenario of system "+s.Name, name, s.ScenarioNames())
	}
	if err != nil {
		return nil, err
	}
	sc, err := Parse(s.Name+"/"+name+".yaml", text, Catalog{s}.find)
	if err != nil {
		return nil, err
	}
	if sc.Name != name {
		return nil, fmt.Errorf("%s: the scenario calls itself %q, expected the name of its file", sc.File, sc.Name)
	}
	sc.File = ""
	return sc, nil
}
