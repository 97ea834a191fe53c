package main

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/logs"
)

// logging says where the log of a run goes.
type logging struct {
	file   string
	stdout io.Writer
}

func (l *logging) register(c *cobra.Command) {
	c.Flags().StringVar(&l.file, "log", "", "write what the nodes note to a `file`: .txt or .log, .json or .jsonl, or - for standard output")
}

// check says what is wrong with the flag, before anything is run.
func (l *logging) check() error {
	if l.file == "" {
		return nil
	}
	_, err := l.writer(io.Discard, 0)
	return err
}

// writer makes a log of the form that the file's name says.
func (l *logging) writer(out io.Writer, seed uint64) (*logs.Writer, error) {
	switch strings.ToLower(filepath.Ext(l.file)) {
	case ".txt", ".log":
		return logs.NewText(out, seed), nil
	case ".json", ".jsonl":
		return logs.NewJSON(out, seed), nil
	}
	if l.file == "-" {
		return logs.NewText(out, seed), nil
	}
	return nil, fmt.Errorf("--log %q: expected a name that ends in .txt, .log, .json or .jsonl, or -", l.file)
}

// journal is the log of one run on its way to a file.
type journal struct {
	log    *logs.Writer
	buffer *bufio.Writer
	file   *pending // nil for standard output
	err    error
}

// attach begins to log a run that has not begun.
func (l *logging) attach(r *scenarios.Run, t *telemetry.Tracer) *journal {
	j := &journal{}
	out := l.stdout
	if l.file != "-" {
		if j.file, j.err = create(l.file); j.err != nil {
			return j
		}
		out = j.file
	}
	j.buffer = bufio.NewWriter(out)
	if j.log, j.err = l.writer(j.buffer, r.World.Seed()); j.err == nil {
		logs.Watch(r, t, j.log.Write)
	}
	return j
}

// finish writes what is left.
func (j *journal) finish() error {
	err := j.err
	if err == nil {
		if err = j.log.Err(); err == nil {
			err = j.buffer.Flush()
		}
		if err != nil {
			err = fmt.Errorf("cannot write the log: %w", err)
		}
	}
	if j.file != nil {
		if failed := j.file.close(err); err == nil {
			err = failed
		}
	}
	return err
}
