package sim

import (
	"fmt"
	"math/bits"
	"strings"
	"unsafe"
)

// address is a node and a port on it.
type address struct {
	node int32
	port uint16
}

// resolve finds the address that a text such as "db" or "db:5432" names. Most
// often that is the sender of the message that the process had last, or a text
// that somebody has used before: then it is known by where its bytes lie. To find
// it by what they are, in a map, was a tenth of the time of W2.
func (p *Proc) resolve(to string) address {
	w := p.w
	if sameText(w.names[p.message.from], to) {
		return address{node: p.message.from}
	}
	if k := w.known.place(to); k != nil && k.at == unsafe.StringData(to) && int(k.size) == len(to) {
		return k.is
	}
	return w.resolveText(to)
}

func (w *World) resolveText(to string) address {
	a, ok := w.addrs[to]
	if !ok {
		a = w.resolveNew(to)
	}
	w.known.add(to, a, len(w.addrs))
	return a
}

func (w *World) resolveNew(to string) address {
	name, port, _ := strings.Cut(to, ":")
	n := w.byName[name]
	if n == nil {
		panic(fmt.Sprintf("sim: there is no node named %q%s", name, w.nearest(name)))
	}
	a := address{n.id, w.portID(port)}
	w.addrs[strings.Clone(to)] = a
	return a
}

// sameText says that two texts are one and the same in memory. If not, they may
// still be equal.
func sameText(a, b string) bool {
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}

// knownTexts finds addresses by where their text lies in memory. It keeps the
// texts alive, so that nothing else can lie there. Each has one place, and a
// later one takes it over: what is found never depends on it, only how fast.
type knownTexts struct {
	places []knownText // a power of two of them, or none
	shift  uint8       // takes a hash to an index
}

type knownText struct {
	at   *byte
	size uint16
	is   address
}

const (
	knownLeast = 64 // places
	knownMost  = 1 << 14
)

// place returns the place of a text, or nil.
func (t *knownTexts) place(text string) *knownText {
	i := uint64(uintptr(unsafe.Pointer(unsafe.StringData(text)))) * golden >> (t.shift & 63)
	if i < uint64(len(t.places)) {
		return &t.places[i]
	}
	return nil
}

// add makes a text known. There are at least four places for each of the count
// texts that the world has seen, as long as those are not too many.
func (t *knownTexts) add(text string, is address, count int) {
	if text == "" || len(text) > 1<<16-1 {
		return
	}
	if n := len(t.places); n < knownMost && n < 4*count || n == 0 {
		n = min(max(knownLeast, 1<<bits.Len(uint(4*count))), knownMost)
		*t = knownTexts{make([]knownText, n), uint8(64 - bits.Len(uint(n-1)))}
	}
	*t.place(text) = knownText{unsafe.StringData(text), uint16(len(text)), is}
}
