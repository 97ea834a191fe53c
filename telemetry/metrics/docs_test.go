package metrics_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/telemetry/metrics"
)

const docs = "../../docs/"

// The chapter lists the metrics that there are, and no others.
func TestList(t *testing.T) {
	var table strings.Builder
	table.WriteString("| metric | type | unit | labels | what |\n|---|---|---|---|---|\n")
	for _, f := range metrics.Catalog {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", strings.Join(f.Samples(), "`, `"), f.Type, f.Unit, strings.Join(f.Labels, ", "), f.Help)
	}
	text, err := os.ReadFile(docs + "62-metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n"+table.String()+"\n") {
		t.Errorf("the list in docs/62-metrics.md should be:\n%s", table.String())
	}
}

// dashboard is what of Grafana's JSON asks for metrics.
type dashboard struct {
	Templating struct {
		List []struct {
			Name  string
			Query struct{ Query string }
		}
	}
	Annotations struct{ List []struct{ Expr string } }
	Panels      []struct {
		Title   string
		Targets []struct{ Expr string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile(docs + "grafana/dashboards/orrery.json")
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are all questions of the dashboard, by the panel that asks.
func (d *dashboard) queries() (list [][2]string) {
	for _, v := range d.Templating.List {
		list = append(list, [2]string{"variable " + v.Name, v.Query.Query})
	}
	for _, a := range d.Annotations.List {
		list = append(list, [2]string{"annotation", a.Expr})
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			list = append(list, [2]string{p.Title, target.Expr})
		}
	}
	return list
}

var (
	metricName = regexp.MustCompile(`orrery_[a-z_]+`)
	selector   = regexp.MustCompile(`(orrery_[a-z_]+)\{([^}]*)\}`)
)

// The dashboard asks for metrics that there are, by labels that they have.
func TestDashboard(t *testing.T) {
	known := map[string][]string{}
	for _, f := range metrics.Catalog {
		for _, name := range f.Samples() {
			known[name] = append(f.Labels, "run")
		}
	}
	d := readDashboard(t)
	if len(d.Panels) == 0 || len(d.queries()) < len(d.Panels) {
		t.Fatalf("%d panels ask %d questions", len(d.Panels), len(d.queries()))
	}
	for _, q := range d.queries() {
		if !metricName.MatchString(q[1]) {
			t.Errorf("%s asks for no metric: %s", q[0], q[1])
		}
		for _, name := range metricName.FindAllString(q[1], -1) {
			if known[name] == nil {
				t.Errorf("%s asks for %s, which there is not", q[0], name)
			}
		}
		for _, s := range selector.FindAllStringSubmatch(q[1], -1) {
			for label := range strings.SplitSeq(s[2], ",") {
				name := strings.TrimRight(label[:strings.Index(label, `"`)], "=~!")
				if !slices.Contains(known[s[1]], name) {
					t.Errorf("%s asks for %s by %s, a label that it does not have", q[0], s[1], name)
				}
			}
		}
	}
}

// What Grafana is provisioned with can be read, and leads to the dashboard.
func TestProvisioning(t *testing.T) {
	var files struct {
		Datasources []struct{ UID, Type, URL string }
		Providers   []struct{ Options struct{ Path string } }
	}
	for _, name := range []string{"datasources", "dashboards"} {
		text, err := os.ReadFile(docs + "grafana/provisioning/" + name + "/orrery.yaml")
		if err == nil {
			err = yaml.Unmarshal(text, &files)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(docs + "grafana/dashboards/orrery.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files.Datasources) != 1 || len(files.Providers) != 1 {
		t.Fatalf("provisioned are %+v", files)
	}
	uid := files.Datasources[0].UID
	for _, part := range regexp.MustCompile(`"datasource": \{\s*"type": "prometheus",\s*"uid": "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		if part[1] != uid {
			t.Errorf("the dashboard asks datasource %s, and provisioned is %s", part[1], uid)
		}
	}
	path := filepath.Join("../..", strings.TrimPrefix(files.Providers[0].Options.Path, "$ORRERY/"))
	if _, err := os.Stat(filepath.Join(path, "orrery.json")); err != nil {
		t.Error(err)
	}
}

// ask has a real Prometheus answer all that the dashboard asks of a run, and returns how
// many values each answer has.
func (d *dashboard) ask(t *testing.T, p *server, run string, length time.Duration) (answers []int) {
	variables := strings.NewReplacer("$run", run, "$role", ".*", "$field", ".*", "$__rate_interval", "4s")
	for _, q := range d.queries() {
		query := variables.Replace(q[1])
		if inside, ok := strings.CutPrefix(query, "label_values("); ok {
			name, label, _ := strings.Cut(strings.TrimSuffix(inside, ")"), ", ")
			query = fmt.Sprintf("count by (%s) (%s)", label, name)
		}
		answers = append(answers, p.points(t, query, length))
	}
	return answers
}
