package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/orrery-sim/orrery/telemetry"
)

// Keys of attributes for which there is no convention.
const (
	kindKey     = "orrery.kind"    // what the span is a stretch of, see telemetry.Kind
	eventKey    = "orrery.event"   // the number of the event with which it began
	processKey  = "orrery.process" // the process that began it
	scenarioKey = "orrery.scenario"
	seedKey     = "orrery.seed"
	ownPrefix   = "orrery." // of what the process said itself
)

// resource says what a node is; of no node, what the system is.
func resource(run *telemetry.Run, node string) []attribute.KeyValue {
	r := run.Resource(node)
	list := []attribute.KeyValue{semconv.ServiceName(r.Service)}
	if r.Instance != "" {
		list = append(list, semconv.ServiceInstanceID(r.Instance), semconv.HostName(r.Instance))
	}
	if r.Version != "" {
		list = append(list, semconv.ServiceVersion(r.Version))
	}
	if r.Zone != "" {
		list = append(list, semconv.CloudAvailabilityZone(r.Zone))
	}
	return append(list, attribute.String(scenarioKey, run.Scenario), attribute.Int64(seedKey, int64(run.Seed)))
}

// attributes say what a span is.
func attributes(s *telemetry.Span) []attribute.KeyValue {
	list := []attribute.KeyValue{attribute.String(kindKey, s.Kind.String()), attribute.Int64(eventKey, int64(s.StartEvent))}
	if s.Proc != "" {
		list = append(list, attribute.String(processKey, s.Proc))
	}
	switch s.Kind {
	case telemetry.Call:
		list = append(list, semconv.RPCSystemKey.String("orrery"), semconv.RPCMethod(s.Name), semconv.ServerAddress(s.Peer))
	case telemetry.Serve:
		list = append(list, semconv.RPCSystemKey.String("orrery"), semconv.RPCMethod(s.Name), semconv.ClientAddress(s.Peer))
	case telemetry.Message:
		list = append(list, semconv.MessagingSystemKey.String("orrery"), semconv.MessagingDestinationName(s.Peer))
	}
	for _, a := range s.Attributes {
		list = append(list, attribute.String(ownPrefix+a.Name, a.Value))
	}
	if s.Error != "" {
		list = append(list, semconv.ErrorTypeKey.String(s.Error))
	}
	return list
}
