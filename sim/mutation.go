package sim

import (
	"fmt"
	"math"
	"reflect"
)

// mutationCheck finds messages that are changed after they were sent: sender and
// receiver share the body, as no two machines do. Bodies under way travel in a
// seal with their fingerprint; the last ones that arrived are looked at again,
// since sender and receivers may still hold them.
type mutationCheck struct {
	arrived [256]arrival
	next    int
}

type arrival struct {
	*sealed
	to *Node
}

// sealed is a message's body with what it was like when it was sent.
type sealed struct {
	body  any
	print uint64
	from  *Node
}

func newMutationCheck() *mutationCheck { return &mutationCheck{} }

func seal(body any, from *Node) any { return &sealed{body, fingerprint(body), from} }

// unsealed is the body itself, sealed or not.
func unsealed(body any) any {
	if s, ok := body.(*sealed); ok {
		return s.body
	}
	return body
}

// open takes the body out of its seal and looks whether it is as it was sent.
func (c *mutationCheck) open(w *World, to *Node, body any) any {
	s, ok := body.(*sealed)
	if !ok {
		return body // damaged by the network, which is allowed to
	}
	c.verify(w, arrival{s, to})
	c.verify(w, c.arrived[c.next])
	c.arrived[c.next] = arrival{s, to}
	c.next = (c.next + 1) % len(c.arrived)
	return s.body
}

func (c *mutationCheck) verifyAll(w *World) {
	for _, a := range c.arrived {
		c.verify(w, a)
	}
}

func (c *mutationCheck) verify(w *World, a arrival) {
	if a.sealed == nil || fingerprint(a.body) == a.print {
		return
	}
	w.end(Outcome{
		Status: Crashed, Node: a.from.name,
		Reason: fmt.Sprintf("a message from %s to %s was changed after it was sent; it is now %s", a.from.name, a.to.name, bodyText(a.body)),
	})
}

// fingerprint digests everything that a value reaches, so that any change in it
// shows. Functions and channels count by identity.
func fingerprint(v any) uint64 {
	f := fingerprinter{seen: map[seenAt]bool{}}
	return f.value(reflect.ValueOf(v), 0)
}

type fingerprinter struct{ seen map[seenAt]bool }

type seenAt struct {
	at uintptr
	as reflect.Type
}

// deepest bounds the walk: what lies deeper is not looked at.
const deepest = 64

func (f *fingerprinter) value(v reflect.Value, depth int) uint64 {
	if !v.IsValid() || depth > deepest {
		return 1
	}
	h := uint64(v.Kind())
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return mix(h, 1)
		}
		return mix(h, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return mix(h, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return mix(h, v.Uint())
	case reflect.Float32, reflect.Float64:
		return mix(h, math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		return mix(mix(h, math.Float64bits(real(c))), math.Float64bits(imag(c)))
	case reflect.String:
		return mix(h, hashString(v.String()))
	case reflect.Pointer, reflect.Interface:
		return f.reference(v, h, depth)
	case reflect.Slice, reflect.Array:
		return f.list(v, h, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			h = mix(h, f.value(v.Field(i), depth+1))
		}
		return h
	case reflect.Map:
		return f.table(v, h, depth)
	}
	return mix(h, uint64(v.Pointer())) // a function, a channel, an unsafe pointer
}

func (f *fingerprinter) reference(v reflect.Value, h uint64, depth int) uint64 {
	if v.IsNil() {
		return h
	}
	if v.Kind() == reflect.Pointer {
		at := seenAt{v.Pointer(), v.Type()}
		if f.seen[at] || ofTheKernel(v.Type()) {
			return mix(h, 2)
		}
		f.seen[at] = true
	}
	return mix(h, f.value(v.Elem(), depth+1))
}

// ofTheKernel says that a pointer leads into the world itself, which changes all
// the time: a message may carry a *Node as a name.
func ofTheKernel(t reflect.Type) bool {
	e := t.Elem()
	return e.PkgPath() == reflect.TypeFor[World]().PkgPath() && e.Kind() == reflect.Struct
}

func (f *fingerprinter) list(v reflect.Value, h uint64, depth int) uint64 {
	h = mix(h, uint64(v.Len()))
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		return mix(h, hashBytes(v.Bytes()))
	}
	for i := range v.Len() {
		h = mix(h, f.value(v.Index(i), depth+1))
	}
	return h
}

// table adds up the entries: their order is nobody's.
func (f *fingerprinter) table(v reflect.Value, h uint64, depth int) uint64 {
	sum := uint64(v.Len())
	for it := v.MapRange(); it.Next(); {
		sum += mix(f.value(it.Key(), depth+1), f.value(it.Value(), depth+1))
	}
	return mix(h, sum)
}
