package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// YAML writes the scenario as a file that [Parse] reads the same value from, but for
// File. What a file may leave out is left out where nothing else is meant.
func (s *Scenario) YAML() []byte {
	m := mapping{}
	m.text("scenario", s.Name)
	if s.Shows != "" {
		m.text("shows", s.Shows)
	}
	m.text("system", s.System.Name)
	m.text("nodes", strconv.Itoa(s.Nodes))
	if len(s.Knobs) > 0 {
		m.add("knobs", s.Knobs.yaml())
	}
	if len(s.Labels) > 0 {
		m.add("labels", labelsYAML(s.Labels))
	}
	if s.Link != DefaultLink {
		m.add("link", linkYAML(s.Link))
	}
	m.add("workload", workloadYAML(s.Workload))
	if len(s.Faults) > 0 {
		m.add("faults", faultsYAML(s.Faults))
	}
	if s.Storm != nil {
		m.add("storm", stormYAML(s.Storm))
	}
	if len(s.Objectives) > 0 {
		var texts []string
		for _, o := range s.Objectives {
			texts = append(texts, o.String())
		}
		m.add("objectives", list(texts))
	}
	if !slices.Equal(s.Checks, s.defaultChecks()) {
		m.add("checks", list(s.Checks))
	}
	m.text("run", durationText(s.Run))
	m.text("settle", durationText(s.Settle))
	m.text("expect", s.Expect.String())
	if s.Seed != nil {
		m.text("seed", strconv.FormatUint(*s.Seed, 10))
	}
	if s.Mutant != "" {
		m.text("mutant", s.Mutant)
	}
	if s.Check != "" {
		m.text("check", s.Check)
	}
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	const indent = 2
	e.SetIndent(indent)
	if err := e.Encode(m.node(0)); err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // the nodes are ours
	}
	return []byte(b.String())
}

// mapping collects the keys and values of a YAML mapping.
type mapping struct{ content []*yaml.Node }

func (m *mapping) add(key string, value *yaml.Node) {
	m.content = append(m.content, scalarNode(key), value)
}

func (m *mapping) text(key, value string) { m.add(key, scalarNode(value)) }

func (m *mapping) node(style yaml.Style) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: style, Content: m.content}
}

// scalarNode is a text, which is quoted where YAML needs that.
func scalarNode(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

func list(texts []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, text := range texts {
		n.Content = append(n.Content, scalarNode(text))
	}
	return n
}

func (v Values) yaml() *yaml.Node {
	m := mapping{}
	for _, name := range sortedKeys(v) {
		m.text(name, v[name])
	}
	return m.node(yaml.FlowStyle)
}

func linkYAML(l sim.Link) *yaml.Node {
	m := mapping{}
	if l.Latency != DefaultLink.Latency {
		m.text("latency", l.Latency.String())
	}
	if l.Bandwidth != 0 {
		m.text("bandwidth", strconv.FormatInt(l.Bandwidth, 10))
	}
	m.number("loss", l.Loss, 0)
	m.number("duplicate", l.Duplicate, 0)
	m.number("reorder", l.Reorder, 0)
	m.number("corrupt", l.Corrupt, 0)
	return m.node(yaml.FlowStyle)
}

func workloadYAML(w workload.Spec) *yaml.Node {
	d := workload.Defaults
	m := mapping{}
	m.text("kind", w.Kind)
	m.text("clients", strconv.Itoa(w.Clients))
	m.text("keys", strconv.Itoa(w.Keys))
	m.text("every", durationText(w.Every))
	m.number("rate", w.Rate, d.Rate)
	if len(w.Stages) > 0 {
		m.add("stages", stagesYAML(w.Stages))
	}
	if w.Arrivals != "" {
		m.text("arrivals", w.Arrivals)
	}
	m.number("reads", w.Reads, d.Reads)
	m.number("zipf", w.Zipf, d.Zipf)
	if w.Timeout != d.Timeout {
		m.text("timeout", durationText(w.Timeout))
	}
	return m.node(yaml.FlowStyle)
}

func stagesYAML(stages []workload.Stage) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range stages {
		item := mapping{}
		item.text("for", durationText(s.For))
		item.text("rate", strconv.FormatFloat(s.Rate, 'g', -1, 64))
		item.number("to", s.To, s.Rate)
		n.Content = append(n.Content, item.node(yaml.FlowStyle))
	}
	return n
}

// number writes what is not the value that is meant without it.
func (m *mapping) number(key string, value, unsaid float64) {
	if value != unsaid {
		m.text(key, strconv.FormatFloat(value, 'g', -1, 64))
	}
}

// faultsYAML writes each fault as YAML reads its line: as a mapping of one pair.
func faultsYAML(schedule faults.Schedule) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, f := range schedule {
		when := f.When.String()
		what := strings.TrimPrefix(f.String(), when+": ")
		item := mapping{}
		item.text(when, what)
		n.Content = append(n.Content, item.node(0))
	}
	return n
}

func stormYAML(s *faults.Storm) *yaml.Node {
	m := mapping{}
	m.add("budget", budgetYAML(&s.Budget))
	if s.Families != nil {
		m.add("families", list(s.Families))
	}
	if s.Roles != nil {
		m.add("roles", list(s.Roles))
	}
	m.text("faults", fmt.Sprintf("%d-%d", s.Least, s.Most))
	m.text("for", durationText(s.Shortest)+"-"+durationText(s.Longest))
	return m.node(0)
}

// budgetYAML writes what the budget has something for.
func budgetYAML(b *faults.Budget) *yaml.Node {
	m := mapping{}
	share := func(key string, s faults.Share) {
		if s != faults.NoServer {
			m.text(key, s.String())
		}
	}
	amount := func(key string, a faults.Amount) {
		if a.N != 0 {
			m.text(key, a.String())
		}
	}
	length := func(key string, d time.Duration) {
		if d != 0 {
			m.text(key, durationText(d))
		}
	}
	share("down", b.Down)
	share("power-loss", b.PowerLoss)
	length("recover", b.Recover)
	amount("loss", b.Loss)
	length("delay", b.Delay)
	amount("bandwidth", b.Bandwidth)
	amount("slow", b.Slow)
	amount("clock-drift", b.Drift)
	length("clock-jump", b.Jump)
	share("disk", b.Disk)
	share("damage", b.Damage)
	return m.node(yaml.FlowStyle)
}

// durationText is time.Duration's String without parts that are zero: 1m, not 1m0s.
func durationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// labelsYAML has the labels of each node in a mapping, in the order in which they stand.
func labelsYAML(labels []Label) *yaml.Node {
	nodes, of := mapping{}, map[string]*mapping{}
	var names []string
	for _, l := range labels {
		if of[l.Node] == nil {
			of[l.Node] = &mapping{}
			names = append(names, l.Node)
		}
		of[l.Node].text(l.Name, l.Value)
	}
	for _, name := range names {
		nodes.add(name, of[name].node(yaml.FlowStyle))
	}
	return nodes.node(0)
}
