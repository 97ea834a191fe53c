package otlp_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"google.golang.org/grpc"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/logs"
	"github.com/orrery-sim/orrery/telemetry/metrics"
	"github.com/orrery-sim/orrery/telemetry/otlp"
)

// metricsReceiver and logsReceiver are a collector's other front doors.
type metricsReceiver struct {
	pmetricotlp.UnimplementedGRPCServer
	got pmetric.Metrics
}

func (r *metricsReceiver) Export(_ context.Context, request pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	request.Metrics().ResourceMetrics().MoveAndAppendTo(r.got.ResourceMetrics())
	return pmetricotlp.NewExportResponse(), nil
}

type logsReceiver struct {
	plogotlp.UnimplementedGRPCServer
	got plog.Logs
}

func (r *logsReceiver) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	request.Logs().ResourceLogs().MoveAndAppendTo(r.got.ResourceLogs())
	return plogotlp.NewExportResponse(), nil
}

// doors is a collector for both, by either way in.
type doors struct {
	metrics metricsReceiver
	logs    logsReceiver
}

func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(body)
	}
	text, _ := io.ReadAll(body)
	asMetrics, asLogs := pmetricotlp.NewExportRequest(), plogotlp.NewExportRequest()
	switch {
	case r.URL.Path == "/v1/metrics" && asMetrics.UnmarshalProto(text) == nil:
		d.metrics.Export(r.Context(), asMetrics)
	case r.URL.Path == "/v1/logs" && asLogs.UnmarshalProto(text) == nil:
		d.logs.Export(r.Context(), asLogs)
	default:
		http.Error(w, "not understood", http.StatusBadRequest)
	}
}

// each calls test with a collector over HTTP and one over gRPC.
func each(t *testing.T, test func(t *testing.T, url string, d *doors)) {
	building := func() *doors {
		return &doors{metricsReceiver{got: pmetric.NewMetrics()}, logsReceiver{got: plog.NewLogs()}}
	}
	t.Run("http", func(t *testing.T) {
		d := building()
		server := httptest.NewServer(d)
		defer server.Close()
		test(t, server.URL, d)
	})
	t.Run("grpc", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d := building()
		server := grpc.NewServer()
		pmetricotlp.RegisterGRPCServer(server, &d.metrics)
		plogotlp.RegisterGRPCServer(server, &d.logs)
		go server.Serve(listener)
		defer server.Stop()
		test(t, "grpc://"+listener.Addr().String(), d)
	})
}

// watched runs a scenario for a while.
func watched(t *testing.T, watch func(r *scenarios.Run), ended func(r *scenarios.Report)) {
	t.Helper()
	s, err := nodes.All.Load("raft/leader-crash")
	if err != nil {
		t.Fatal(err)
	}
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: 7, Until: 10 * time.Second, Observe: watch})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ended(r.Execute(nil))
}

func TestMetrics(t *testing.T) {
	var m *metrics.Meter
	watched(t, func(r *scenarios.Run) { m = metrics.Watch(r, time.Second) }, func(r *scenarios.Report) { m.Finish(r) })
	want := map[string]bool{} // a line for each value
	m.Each(func(f *metrics.Family, labels []string, values []metrics.Value) {
		attributes := map[string]any{"run": m.Run()}
		node := ""
		for i, name := range f.Labels {
			attributes[name] = labels[i]
			if name == "node" {
				node = labels[i]
			}
		}
		name := f.Name
		if f.Type == metrics.Info {
			name += "_info"
		}
		for _, v := range values {
			want[fmt.Sprint(name, node, attributes, telemetry.Wall(v.At), v.Number, v.Counts, v.Count, v.Sum)] = true
		}
	})
	each(t, func(t *testing.T, url string, d *doors) {
		if err := otlp.SendMetrics(t.Context(), url, m); err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, rm := range d.metrics.got.ResourceMetrics().All() {
			instance, _ := rm.Resource().Attributes().Get("service.instance.id")
			node := ""
			if instance != (pcommon.Value{}) {
				node = instance.Str()
			}
			for _, metric := range rm.ScopeMetrics().At(0).Metrics().All() {
				for _, line := range lines(metric, node) {
					if count++; !want[line] {
						t.Fatalf("arrived %s, which was not sent", line)
					}
				}
			}
		}
		if count != len(want) || d.metrics.got.DataPointCount() != count {
			t.Errorf("%d values arrived, %d were sent", count, len(want))
		}
	})
}

// lines tells the values of a metric.
func lines(m pmetric.Metric, node string) (list []string) {
	tell := func(attributes pcommon.Map, at pcommon.Timestamp, number float64, counts []uint64, count uint64, sum float64) {
		list = append(list, fmt.Sprint(m.Name(), node, attributes.AsRaw(), at.AsTime(), number, counts, count, sum))
	}
	switch m.Type() {
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			tell(p.Attributes(), p.Timestamp(), 0, p.BucketCounts().AsRaw(), p.Count(), p.Sum())
		}
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			tell(p.Attributes(), p.Timestamp(), p.DoubleValue(), nil, 0, 0)
		}
	default:
		for _, p := range m.Gauge().DataPoints().All() {
			tell(p.Attributes(), p.Timestamp(), p.DoubleValue(), nil, 0, 0)
		}
	}
	return list
}

func TestLogs(t *testing.T) {
	each(t, func(t *testing.T, url string, d *doors) {
		var c *otlp.LogCollector
		want := map[string]bool{}
		watched(t, func(r *scenarios.Run) {
			var err error
			if c, err = otlp.DialLogs(t.Context(), url, telemetry.Describe(r)); err != nil {
				t.Fatal(err)
			}
			logs.Watch(r, telemetry.Watch(r, nil), func(r *logs.Record) {
				trace, span := r.IDs(7)
				if r.Span == 0 {
					trace, span = [16]byte{}, [8]byte{}
				}
				want[fmt.Sprint(r.Node, telemetry.Wall(r.At), r.Level.String(), r.Text, r.Event, trace, span)] = true
				c.Write(r)
			})
		}, func(*scenarios.Report) {})
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		traced := 0
		for _, rl := range d.logs.got.ResourceLogs().All() {
			node, _ := rl.Resource().Attributes().Get("service.instance.id")
			for _, l := range rl.ScopeLogs().At(0).LogRecords().All() {
				event, _ := l.Attributes().Get("orrery.event")
				line := fmt.Sprint(node.Str(), l.Timestamp().AsTime(), l.SeverityText(), l.Body().Str(), event.Int(), [16]byte(l.TraceID()), [8]byte(l.SpanID()))
				if !want[line] || l.ObservedTimestamp() != l.Timestamp() || l.SeverityNumber().String() != map[string]string{"INFO": "Info", "WARN": "Warn"}[l.SeverityText()] {
					t.Errorf("arrived %s, which was not sent", line)
				}
				if !l.SpanID().IsEmpty() {
					traced++
				}
			}
		}
		if d.logs.got.LogRecordCount() != len(want) || len(want) == 0 || traced == 0 {
			t.Errorf("%d records arrived, %d were sent; %d are part of a span", d.logs.got.LogRecordCount(), len(want), traced)
		}
	})
}

func TestSignalsThatGoNowhere(t *testing.T) {
	var m *metrics.Meter
	watched(t, func(r *scenarios.Run) { m = metrics.Watch(r, time.Second) }, func(r *scenarios.Report) { m.Finish(r) })
	refusing := httptest.NewServer(http.NotFoundHandler())
	closed := httptest.NewServer(nil)
	closed.Close()
	defer refusing.Close()
	for _, url := range []string{"nowhere", refusing.URL, closed.URL, "grpc" + strings.TrimPrefix(closed.URL, "http")} {
		if err := otlp.SendMetrics(t.Context(), url, m); err == nil || !strings.Contains(err.Error(), url) {
			t.Errorf("%s: error is %v", url, err)
		}
		c, err := otlp.DialLogs(t.Context(), url, telemetry.Run{})
		if err == nil {
			c.Write(&logs.Record{Node: "n1"})
			err = c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), url) {
			t.Errorf("%s: error is %v", url, err)
		}
	}
}
