package sim

import (
	"fmt"
	"slices"
	"strings"
)

// siteMap knows what the links between sites are like. A site is a place such as
// "eu" or "eu/a": the part before a slash is its region.
type siteMap struct {
	names []string // names[i] is site i+1; site 0 is nowhere
	rules []siteRule
	links []*link // by site of source and destination, filled when first used
}

type siteRule struct {
	from, to string
	link     Link
}

// SetSite puts the node somewhere: a region, or "region/zone".
func (n *Node) SetSite(site string) {
	s := &n.w.sites
	i := slices.Index(s.names, site)
	if i < 0 {
		s.names = append(s.names, site)
		s.links = nil
		i = len(s.names) - 1
	}
	n.site = int32(i + 1)
	n.w.resite()
}

// Site returns where the node is, or "".
func (n *Node) Site() string {
	if n.site == 0 {
		return ""
	}
	return n.w.sites.names[n.site-1]
}

// SetSites says what links between two sites, or within one, are like, in both
// directions. A rule for zones ("eu/a", "us/b") goes before one for regions
// ("eu", "us"), and a later rule before an earlier one. Without a latency they have
// that of Config.Link. What SetLink has said goes before all rules.
func (w *World) SetSites(a, b string, l Link) {
	l.mustBeSound(fmt.Sprintf("SetSites(%s, %s)", a, b))
	l = l.orLike(&w.deflt)
	w.sites.rules = append(w.sites.rules, siteRule{a, b, l}, siteRule{b, a, l})
	w.sites.links = nil
	w.resite()
}

// resite has the links with a state of their own follow a change of the sites. What
// acts on them stays.
func (w *World) resite() {
	for key, l := range w.links { // order-free: each by itself
		if !l.set {
			l.base = w.like(w.nodes[key>>32], w.nodes[uint32(key)]).base
			l.refresh()
		}
	}
}

// siteLink is the link that all untouched pairs of nodes of two sites share.
func (w *World) siteLink(src, dst *Node) *link {
	s := &w.sites
	width := int32(len(s.names) + 1)
	if s.links == nil {
		s.links = make([]*link, width*width)
	}
	at := &s.links[src.site*width+dst.site]
	if *at == nil {
		*at = &w.deflt
		if base, ok := s.find(src.Site(), dst.Site()); ok {
			*at = newLink(base)
		}
	}
	return *at
}

// find returns the last rule for the pair, trying the exact sites first.
func (s *siteMap) find(from, to string) (Link, bool) {
	for _, pair := range [][2]string{{from, to}, {region(from), to}, {from, region(to)}, {region(from), region(to)}} {
		for _, r := range slices.Backward(s.rules) {
			if r.from == pair[0] && r.to == pair[1] {
				return r.link, true
			}
		}
	}
	return Link{}, false
}

func region(site string) string {
	r, _, _ := strings.Cut(site, "/")
	return r
}
