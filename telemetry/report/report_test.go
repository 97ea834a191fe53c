package report_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/report"
)

// tell runs a scenario, runs it again, and tells of it.
func tell(t *testing.T, name string, o scenarios.Options) (string, *scenarios.Report) {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	execute := func() *scenarios.Report {
		run, err := scenarios.NewRun(s, o)
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		return run.Execute(nil)
	}
	first := execute()
	if err := first.ShowAround(s, o); err != nil {
		t.Fatal(err)
	}
	var page *report.Page
	o.Observe = func(run *scenarios.Run) { page = report.Watch(run, first) }
	if again := execute(); again.Hash != first.Hash {
		t.Errorf("the hash is %s, and %s where it is watched", first.Hash, again.Hash)
	}
	var b strings.Builder
	if err := page.Write(&b, first); err != nil {
		t.Fatal(err)
	}
	return b.String(), first
}

// text is what a reader sees of a page.
func text(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|<[^>]*>`).ReplaceAllString(page, " ")
	page = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&amp;", "&").Replace(page)
	return strings.Join(strings.Fields(page), " ")
}

// The page of a violation has all that the report in the terminal has, and is the same
// each time.
func TestViolation(t *testing.T) {
	page, r := tell(t, "raft/local-reads", scenarios.Options{Seed: 1})
	check(t, page)
	seen := text(page)
	want := []string{
		"✗ violated (as expected)", r.Reason, r.Hash, "orrery run raft/local-reads --seed 1", "isolate n2", "offending: read", "contradicted: write",
		"the offending operation", "what it contradicts", "one of the slowest", "reads local (turned)", r.Workload,
		"Who sent what to whom, 4.985s to 5.040s", "isolate n2, until 10.000000s", "MsgApp",
		"the latest first 20508 5.035117s c3 span-end", "20504 5.032652s c3 send -> n2",
	}
	for _, c := range r.Checks {
		want = append(want, c.Check, c.Claim)
	}
	want = append(want, strings.Fields(r.Around[6])[1]) // the event itself
	for _, w := range want {
		if !strings.Contains(seen, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
	if again, _ := tell(t, "raft/local-reads", scenarios.Options{Seed: 1}); again != page {
		t.Error("the same run has different pages")
	}
}

// The page of a system of tiers tells what each took, in all and in each phase.
func TestTiers(t *testing.T) {
	page, r := tell(t, "tiers/every-tier", scenarios.Options{Seed: 1})
	check(t, page)
	seen := text(page)
	for _, tier := range r.Tiers {
		if want := fmt.Sprintf("%s %d %d %d ", tier.Name, tier.Requests, tier.Errors, tier.Origins); !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, want := range []string{"2.000s – 4.000s", "3! 34.6ms", "crash app2"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Pages of runs that are whole, cut short, violated, and by mistake.
func TestPages(t *testing.T) {
	for _, c := range []struct {
		name string
		o    scenarios.Options
		want []string
	}{
		{"echo/calm", scenarios.Options{}, []string{"✓ ok", "What it claims"}},
		{"echo/calm", scenarios.Options{Until: 1}, []string{"? unknown (expected ok)"}},
		{"echo/restarts", scenarios.Options{Mutant: "unsynced"}, []string{"✗ violated (expected ok)", "mutant unsynced", "crash"}},
		{"replica/split-brain", scenarios.Options{}, []string{"✗ fenced: n1 answers", "under way when it happened"}},
		{"raft/leader-crash", scenarios.Options{}, []string{"crash n3", "unknown hatched", "leader of term"}},
	} {
		c.o.Seed = 1
		page, _ := tell(t, c.name, c.o)
		check(t, page)
		for _, w := range c.want {
			if !strings.Contains(strings.ToLower(text(page)), strings.ToLower(w)) {
				t.Errorf("%s: the page does not say %q", c.name, w)
			}
		}
	}
}

// What comes from files and nodes is text, whatever it looks like.
func TestEscapes(t *testing.T) {
	const evil = `</style></script><script>alert(1)</script>"'&`
	page, _ := tell(t, "echo/calm", scenarios.Options{Seed: 1, Notes: []string{evil}, Program: evil})
	check(t, page)
	if strings.Contains(page, "alert(1)</script>") || !strings.Contains(text(page), evil) {
		t.Error("a note is not shown as what it is")
	}
}

var (
	remote  = regexp.MustCompile(`(?i)(src|href|url|action|data|poster|srcset)\s*[=(]\s*["']?\s*(https?:|//|/|\.)|@import|\bfetch\(|XMLHttpRequest|WebSocket`)
	address = regexp.MustCompile(`https?://[^" ]*`)
	id      = regexp.MustCompile(` id="([^"]*)"`)
	refers  = regexp.MustCompile(`(?:href="#|url\(#|aria-labelledby=")([\w-]+)`)
)

// check says what is wrong with any page: tags that are not closed, something that it
// would have to fetch, names that are used twice or never defined, and what those need who
// do not see it.
func check(t *testing.T, page string) {
	t.Helper()
	strict := regexp.MustCompile(`(<(?:meta|link) [^>]*)>`).ReplaceAllString(page, "$1/>") // XML but for these
	strict = strings.NewReplacer(" hidden>", ` hidden="">`, "<details open>", `<details open="">`).Replace(strict)
	d := xml.NewDecoder(strings.NewReader(strict))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	if m := remote.FindString(page); m != "" {
		t.Errorf("the page would fetch something: %s", m)
	}
	for _, a := range address.FindAllString(page, -1) {
		if a != "http://www.w3.org/2000/svg" {
			t.Errorf("the page has an address: %s", a)
		}
	}
	ids := map[string]bool{}
	for _, m := range id.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements are called %q", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range refers.FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("there is no element %q", m[1])
		}
	}
	for _, want := range []string{`<html lang="en">`, `<main id="main"`, `class="skip"`, `<nav aria-label=`, "@media print", "prefers-color-scheme", ":focus-visible"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
