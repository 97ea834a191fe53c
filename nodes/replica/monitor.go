package replica

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// monitor is the memory of one monitor. It pings the servers, tells them who is
// primary and, when the primary does not answer, has another made one: if enough monitors
// find it down too, and if a majority of them votes for this one to see to it.
type monitor struct {
	*Group
	name    string
	file    *sim.File
	voted   uint64        // the newest epoch that it has voted in; also on disk
	votedAt time.Duration // when it did
	granted time.Duration // until when its word for a lease holds, on its own clock
	epoch   uint64        // the newest that is known to have a primary
	primary string        // of that
	heard   map[string]time.Duration
	ahead   map[string]time.Duration // since when a server waits for a primary of a newer epoch
	newest  uint64                   // epoch that any server has promised
	leaves  time.Duration            // until when it leaves a failover to whom it has voted for
	rand    *sim.Rand
}

func (g *Group) watchOver(name string) func(p *sim.Proc) {
	return func(p *sim.Proc) {
		m := &monitor{
			Group: g, name: name, epoch: 1, primary: g.servers[0], voted: 1, rand: p.Rand("elections"),
			heard: map[string]time.Duration{}, ahead: map[string]time.Duration{},
		}
		if err := m.recover(p); err != nil {
			p.Log("cannot read its votes: %v", err)
			return
		}
		if g.fencing && g.mistake != forgetsLease {
			m.granted = p.Elapsed() + g.lease // it may have given its word just before it crashed
		}
		for _, s := range g.servers {
			m.heard[s] = p.Elapsed()
			p.Go("ping "+s, func(p *sim.Proc) { m.ping(p, s) })
		}
		p.Show(func() []sim.Field {
			return []sim.Field{{Name: "role", Value: "monitor"}, {Name: "epoch", Value: fmt.Sprint(m.epoch)}, {Name: "primary", Value: m.primary}}
		})
		p.Serve(m.answer)
		if g.byHand {
			m.operate(p)
		} else {
			m.oversee(p)
		}
	}
}

// recover reads the last whole number in the file of votes.
func (m *monitor) recover(p *sim.Proc) error {
	f, err := p.Open("votes")
	if err != nil {
		return err
	}
	b, err := f.ReadAll(p)
	if err != nil {
		return err
	}
	whole := int64(len(b))
	for {
		_, content, rest, ok := nextRecord(b)
		if !ok {
			break
		}
		m.voted = max(m.voted, binary.LittleEndian.Uint64(content))
		b = rest
	}
	m.file = f
	return f.Truncate(p, whole-int64(len(b)))
}

// vote gives the monitor's vote in an epoch, once, when it is on disk.
func (m *monitor) vote(p *sim.Proc, epoch uint64) bool {
	if epoch <= m.voted && !(epoch == m.voted && m.mistake == votesTwice) || m.fencing && p.Elapsed() < m.granted {
		return false
	}
	m.voted, m.votedAt = epoch, p.Elapsed()
	const kind = 1
	if err := m.file.Append(p, record(nil, kind, binary.LittleEndian.AppendUint64(nil, epoch))); err != nil {
		return false
	}
	return m.file.Sync(p) == nil && m.voted == epoch
}

func (m *monitor) answer(p *sim.Proc, msg sim.Message) (any, error) {
	switch body := msg.Body.(type) {
	case Renew:
		if body.Epoch < m.voted {
			return nil, sim.ErrRefused
		}
		m.granted = max(m.granted, p.Elapsed()+m.lease)
		return true, nil
	case Ask:
		o := Opinion{Down: body.About == m.epoch && m.suspects(p)}
		if body.Candidate != "" {
			if o.Vote = m.vote(p, body.Epoch); o.Vote {
				m.leaves = p.Elapsed() + m.rand.Duration(m.downAfter, 2*m.downAfter)
			}
		}
		return o, nil
	}
	return nil, sim.ErrRefused
}

// ping asks one server over and over how it is.
func (m *monitor) ping(p *sim.Proc, server string) {
	for {
		pong, err := sim.Call[Pong](p, server, Ping{m.epoch, m.primary}, m.downAfter)
		if err == nil {
			m.learn(p, server, pong)
		}
		p.Sleep(m.pingEvery)
	}
}

// learn takes down what a server knows.
func (m *monitor) learn(p *sim.Proc, server string, pong Pong) {
	m.newest = max(m.newest, pong.Epoch)
	if pong.Primary != "" && pong.Epoch > m.epoch {
		m.epoch, m.primary = pong.Epoch, pong.Primary
		m.heard[m.primary] = p.Elapsed()
	}
	if server != m.primary || pong.Primary == server {
		m.heard[server] = p.Elapsed()
	}
	switch _, waits := m.ahead[server]; {
	case pong.Epoch <= m.epoch || pong.Primary != "":
		delete(m.ahead, server)
	case !waits:
		m.ahead[server] = p.Elapsed()
	}
}

// suspects says whether the primary is down as far as this monitor can tell: it has not
// answered for too long, or a failover has begun and nobody has finished it. Who has voted
// or has promised an epoch that never came to have a primary has given the old one up.
func (m *monitor) suspects(p *sim.Proc) bool {
	now := p.Elapsed()
	for _, s := range m.servers {
		if since, waits := m.ahead[s]; waits && now-since > m.downAfter {
			return true
		}
	}
	return now-m.heard[m.primary] > m.downAfter || m.voted > m.epoch && now-m.votedAt > 2*m.downAfter
}

// oversee sees to it that there is a primary.
func (m *monitor) oversee(p *sim.Proc) {
	for {
		p.Sleep(m.rand.Duration(m.pingEvery/2, m.pingEvery*3/2))
		if !m.suspects(p) || p.Elapsed() < m.leaves {
			continue
		}
		down := 1 + m.ask(p, Ask{About: m.epoch}, m.quorum-1, func(o Opinion) bool { return o.Down })
		if down < m.quorum {
			continue
		}
		epoch := max(m.voted, m.epoch, m.newest) + 1
		if !m.suspects(p) || p.Elapsed() < m.leaves || !m.vote(p, epoch) {
			continue
		}
		votes := 1 + m.ask(p, Ask{About: m.epoch, Epoch: epoch, Candidate: m.name}, len(m.monitors)/2,
			func(o Opinion) bool { return o.Vote })
		if votes > len(m.monitors)/2 {
			m.failOver(p, epoch)
		}
		p.Sleep(m.rand.Duration(0, m.downAfter)) // so that the next to try is another
	}
}

// ask asks the other monitors, until so many have said yes, and counts those.
func (m *monitor) ask(p *sim.Proc, question Ask, enough int, yes func(Opinion) bool) int {
	g := sim.NewGroup[bool](p)
	for _, other := range m.monitors {
		if other == m.name {
			continue
		}
		g.Go("ask "+other, func(p *sim.Proc) (bool, error) {
			o, err := sim.Call[Opinion](p, other, question, m.retry)
			if err == nil && !yes(o) {
				err = sim.ErrRefused
			}
			return true, err
		})
	}
	if enough > len(m.monitors)-1 {
		return 0
	}
	list, _ := g.First(enough)
	return len(list)
}

// operate is what a person does who looks after the servers without other monitors:
// at a time that was agreed on, makes another server the primary.
func (m *monitor) operate(p *sim.Proc) {
	if m.promoteAt == 0 {
		return
	}
	if wait := m.promoteAt - p.Elapsed(); wait > 0 {
		p.Sleep(wait)
	}
	for m.epoch == 1 {
		m.failOver(p, max(m.voted, m.newest, m.epoch)+1)
		p.Sleep(m.downAfter)
	}
}

// failOver has the servers promise to follow nobody of an older epoch, and makes the
// one whose log goes furthest the primary of the new one. If writes wait for k
// replicas, N-k servers are asked: of any k that have a write, one is among them, or the
// primary itself is.
func (m *monitor) failOver(p *sim.Proc, epoch uint64) {
	m.voted = max(m.voted, epoch)
	type found struct {
		name string
		last Position
	}
	g := sim.NewGroup[found](p)
	for _, s := range m.servers {
		g.Go("prepare "+s, func(p *sim.Proc) (found, error) {
			r, err := sim.Call[Prepared](p, s, Prepare{epoch}, m.retry)
			return found{s, r.Last}, err
		})
	}
	list, _ := g.All()
	least := 1
	if m.need > 0 && m.mistake != asksTooFew {
		least = len(m.servers) - m.need
	}
	if len(list) < least {
		m.milestone(p, fmt.Sprintf("finds %d servers for epoch %d, and needs %d to know who has all writes", len(list), epoch, least))
		return
	}
	best := list[0]
	for _, f := range list[1:] {
		further := f.last.Epoch > best.last.Epoch || f.last.Epoch == best.last.Epoch && f.last.Index > best.last.Index
		if m.mistake == promotesLeast {
			further = !further
		}
		if further {
			best = f
		}
	}
	m.milestone(p, fmt.Sprintf("makes %s, at entry %d, primary of epoch %d", best.name, best.last.Index, epoch))
	if _, err := sim.Call[any](p, best.name, Promote{epoch}, m.downAfter); err == nil {
		m.learn(p, best.name, Pong{epoch, best.name})
	}
}
