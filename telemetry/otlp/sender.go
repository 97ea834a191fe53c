package otlp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// sender sends metrics and logs. The SDK's exporters for them stamp or sort what they
// are given; the collector's own protocol takes it as it is.
type sender struct {
	ctx  context.Context
	url  *url.URL
	conn *grpc.ClientConn // nil over HTTP
}

// connect makes a sender of a URL, see [Dial].
func connect(ctx context.Context, address string) (*sender, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	s := &sender{ctx: ctx, url: u}
	if u.Scheme == "grpc" {
		if s.conn, err = grpc.NewClient(u.Host, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
			return nil, fmt.Errorf("collector %s: %w", address, err)
		}
	}
	return s, nil
}

// parse reads the URL of a collector.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not the URL of a collector, expected one such as http://127.0.0.1:4318 or grpc://127.0.0.1:4317", address)
	}
	if u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "grpc" {
		return nil, fmt.Errorf("%q: unknown scheme %q, expected http, https or grpc", address, u.Scheme)
	}
	return u, nil
}

func (s *sender) metrics(request pmetricotlp.ExportRequest) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	answer := pmetricotlp.NewExportResponse()
	var err error
	if s.conn != nil {
		answer, err = pmetricotlp.NewGRPCClient(s.conn).Export(ctx, request)
	} else {
		err = s.post(ctx, "/v1/metrics", request.MarshalProto, answer.UnmarshalProto)
	}
	if err != nil {
		return err
	}
	partial := answer.PartialSuccess()
	return refused(partial.RejectedDataPoints(), partial.ErrorMessage())
}

func (s *sender) logs(request plogotlp.ExportRequest) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	answer := plogotlp.NewExportResponse()
	var err error
	if s.conn != nil {
		answer, err = plogotlp.NewGRPCClient(s.conn).Export(ctx, request)
	} else {
		err = s.post(ctx, "/v1/logs", request.MarshalProto, answer.UnmarshalProto)
	}
	if err != nil {
		return err
	}
	partial := answer.PartialSuccess()
	return refused(partial.RejectedLogRecords(), partial.ErrorMessage())
}

func refused(count int64, why string) error {
	if count == 0 {
		return nil
	}
	return fmt.Errorf("it took all but %d: %s", count, why)
}

// post sends a request over HTTP. A path in the URL is where the traces go.
func (s *sender) post(ctx context.Context, path string, encode func() ([]byte, error), decode func([]byte) error) error {
	body, err := encode()
	if err != nil {
		return err
	}
	u := *s.url
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v1/traces") + path
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if answer.StatusCode/100 != 2 {
		line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		return fmt.Errorf("%s answers %s: %s", u.Path, answer.Status, line)
	}
	if err != nil {
		return err
	}
	return decode(text)
}

// close ends the connection, and says of what went wrong which collector it was.
func (s *sender) close(err error) error {
	if s.conn != nil {
		s.conn.Close()
	}
	if err != nil {
		return fmt.Errorf("collector %s: %w\nhint: is it running, is this its port for OTLP, and does it take more than traces?", s.url, err)
	}
	return nil
}
