// Package zipkin writes spans in the JSON of Zipkin's second version (zipkin2-api.yaml),
// which its UI opens and its collectors accept.
package zipkin

import (
	"encoding/hex"
	"io"
	"time"

	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/internal/jsonlist"
)

// File writes spans as one list.
type File struct {
	list *jsonlist.Writer
	run  telemetry.Run
}

// NewFile begins a list of the spans of a run.
func NewFile(out io.Writer, run telemetry.Run) *File {
	return &File{jsonlist.New(out, `[`, `]`), run}
}

type (
	span struct {
		TraceID     string            `json:"traceId"`
		ParentID    string            `json:"parentId,omitempty"`
		ID          string            `json:"id"`
		Kind        string            `json:"kind,omitempty"`
		Name        string            `json:"name"`
		Timestamp   int64             `json:"timestamp"` // microseconds
		Duration    int64             `json:"duration"`  // microseconds, at least 1
		Local       endpoint          `json:"localEndpoint"`
		Remote      *endpoint         `json:"remoteEndpoint,omitempty"`
		Annotations []annotation      `json:"annotations,omitempty"`
		Tags        map[string]string `json:"tags"` // encoding/json sorts them
	}
	endpoint struct {
		Service string `json:"serviceName"`
	}
	annotation struct {
		Timestamp int64  `json:"timestamp"`
		Value     string `json:"value"`
	}
)

var kinds = map[telemetry.Kind]string{telemetry.Call: "CLIENT", telemetry.Serve: "SERVER", telemetry.Message: "PRODUCER"}

// Write writes the spans of one trace. After an error it writes nothing more, see Close.
func (f *File) Write(spans []*telemetry.Span) {
	for _, s := range spans {
		f.list.Add(f.span(s))
	}
}

// Close ends the list and returns what went wrong, if anything did.
func (f *File) Close() error { return f.list.Close() }

func (f *File) span(s *telemetry.Span) span {
	trace, id := s.TraceID(f.run.Seed), telemetry.SpanID(f.run.Seed, s.ID)
	local := f.run.Resource(s.Node)
	to := span{
		TraceID: hex.EncodeToString(trace[:]), ID: hex.EncodeToString(id[:]), Kind: kinds[s.Kind], Name: s.Name,
		Timestamp: jsonlist.Micros(s.Start), Duration: max(int64(s.Took()/time.Microsecond), 1), Local: endpoint{local.Service},
		Tags: map[string]string{"orrery.kind": s.Kind.String(), "service.instance.id": local.Instance},
	}
	if s.Parent != 0 {
		parent := telemetry.SpanID(f.run.Seed, s.Parent)
		to.ParentID = hex.EncodeToString(parent[:])
	}
	if s.Peer != "" {
		to.Remote = &endpoint{f.run.Resource(s.Peer).Service}
	}
	for _, a := range s.Attributes {
		to.Tags["orrery."+a.Name] = a.Value
	}
	if s.Error != "" {
		to.Tags["error"] = s.Error
	}
	for _, m := range s.Marks {
		to.Annotations = append(to.Annotations, annotation{jsonlist.Micros(m.At), m.Name})
	}
	return to
}
