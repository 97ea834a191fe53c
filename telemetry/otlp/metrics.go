package otlp

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

// pointsAtOnce is how many values are sent with one request: those of histograms take
// some 300 bytes, and collectors take 4 MB.
const pointsAtOnce = 2000

// SendMetrics sends what a run was measured to be to a collector, at a URL as for
// [Dial]. What has the label node is part of that node's resource, the rest of the
// system's. Names and labels are those of OpenMetrics, so that the same questions can be
// asked of both.
func SendMetrics(ctx context.Context, address string, m *metrics.Meter) error {
	s, err := connect(ctx, address)
	if err != nil {
		return err
	}
	run := m.Describe()
	b := newBatch(&run)
	m.Each(func(f *metrics.Family, labels []string, values []metrics.Value) {
		for _, v := range values {
			if err != nil {
				return
			}
			b.add(f, m.Run(), labels, v)
			if b.count == pointsAtOnce {
				err = s.metrics(pmetricotlp.NewExportRequestFromMetrics(b.metrics))
				b = newBatch(&run)
			}
		}
	})
	if err == nil && b.count > 0 {
		err = s.metrics(pmetricotlp.NewExportRequestFromMetrics(b.metrics))
	}
	return s.close(err)
}

// metricBatch is the metrics of one request.
type metricBatch struct {
	run     *telemetry.Run
	metrics pmetric.Metrics
	scopes  map[string]pmetric.MetricSlice // by node
	places  map[[2]string]pmetric.Metric   // by node and family
	count   int
}

func newBatch(run *telemetry.Run) *metricBatch {
	return &metricBatch{run: run, metrics: pmetric.NewMetrics(), scopes: map[string]pmetric.MetricSlice{}, places: map[[2]string]pmetric.Metric{}}
}

// add takes in the value of a metric.
func (b *metricBatch) add(f *metrics.Family, run string, labels []string, v metrics.Value) {
	node := ""
	for i, label := range f.Labels {
		if label == "node" {
			node = labels[i]
		}
	}
	b.count++
	var attributes pcommon.Map
	start, at := pcommon.NewTimestampFromTime(telemetry.Wall(0)), pcommon.NewTimestampFromTime(telemetry.Wall(v.At))
	switch metric := b.place(f, node); f.Type {
	case metrics.Histogram:
		p := metric.Histogram().DataPoints().AppendEmpty()
		p.SetStartTimestamp(start)
		p.SetTimestamp(at)
		p.ExplicitBounds().FromRaw(bounds)
		p.BucketCounts().FromRaw(v.Counts)
		p.SetCount(v.Count)
		p.SetSum(v.Sum)
		attributes = p.Attributes()
	case metrics.Counter:
		p := metric.Sum().DataPoints().AppendEmpty()
		p.SetStartTimestamp(start)
		p.SetTimestamp(at)
		p.SetDoubleValue(v.Number)
		attributes = p.Attributes()
	default:
		p := metric.Gauge().DataPoints().AppendEmpty()
		p.SetTimestamp(at)
		p.SetDoubleValue(v.Number)
		attributes = p.Attributes()
	}
	attributes.PutStr("run", run)
	for i, label := range f.Labels {
		attributes.PutStr(label, labels[i])
	}
}

// bounds are the upper bounds of the buckets in seconds.
var bounds = func() []float64 {
	var list []float64
	for _, b := range metrics.Buckets {
		list = append(list, b.Seconds())
	}
	return list
}()

// units are those of UCUM, which OpenTelemetry uses.
var units = map[string]string{"seconds": "s", "bytes": "By", "ratio": "1", "": "1"}

// name is the metric's, from which Prometheus makes that of OpenMetrics again.
func name(f *metrics.Family) string {
	if f.Type == metrics.Info {
		return f.Samples()[0]
	}
	return f.Name
}

// place finds the metric of a node.
func (b *metricBatch) place(f *metrics.Family, node string) pmetric.Metric {
	if m, ok := b.places[[2]string{node, f.Name}]; ok {
		return m
	}
	scoped, ok := b.scopes[node]
	if !ok {
		rm := b.metrics.ResourceMetrics().AppendEmpty()
		rm.SetSchemaUrl(semconv.SchemaURL)
		put(rm.Resource().Attributes(), resource(b.run, node))
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(scope)
		scoped = sm.Metrics()
		b.scopes[node] = scoped
	}
	m := scoped.AppendEmpty()
	m.SetName(name(f))
	m.SetDescription(f.Help)
	m.SetUnit(units[f.Unit])
	switch f.Type {
	case metrics.Histogram:
		m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	case metrics.Counter:
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	default:
		m.SetEmptyGauge()
	}
	b.places[[2]string{node, f.Name}] = m
	return m
}
