package echo

import (
	"bytes"
	"strconv"

	"github.com/orrery-sim/orrery/sim"
)

// Say asks the server to count a word.
type Say struct{ Word string }

// Ask asks how often it has heard a word.
type Ask struct{ Word string }

// Heard is the answer to both.
type Heard struct {
	Word  string
	Count int64
}

// server is the memory of the server. A crash loses it.
type server struct {
	unsynced bool // the mutant: answer before the word is on disk
	log      *sim.File
	counts   map[string]int64
	writing  sim.Mutex // keeps an append and its sync together
}

// run is the server's code: it runs at boot and again after every restart.
func (s *server) run(p *sim.Proc) {
	if err := s.recover(p); err != nil {
		p.Log("cannot read the log: %v", err)
		return // nobody listens: calls are refused
	}
	p.Show(func() []sim.Field {
		return []sim.Field{{Name: "words", Value: strconv.Itoa(len(s.counts))}}
	})
	p.Serve(s.answer)
}

// recover counts the words in the log, one a line. What follows the first line that
// is not whole was never answered: it is cut off, so that nothing is appended to it.
func (s *server) recover(p *sim.Proc) error {
	f, err := p.Open("log")
	if err != nil {
		return err
	}
	text, err := f.ReadAll(p)
	if err != nil {
		return err
	}
	s.log, s.counts = f, map[string]int64{}
	whole := int64(0)
	for line := range bytes.Lines(text) {
		word, ok := bytes.CutSuffix(line, []byte("\n"))
		if !ok || bytes.IndexByte(word, 0) >= 0 {
			break
		}
		s.counts[string(word)]++
		whole += int64(len(line))
	}
	return f.Truncate(p, whole)
}

func (s *server) answer(p *sim.Proc, request sim.Message) (any, error) {
	switch m := request.Body.(type) {
	case Say:
		return s.say(p, m.Word)
	case Ask:
		return Heard{m.Word, s.counts[m.Word]}, nil
	}
	return nil, sim.ErrRefused
}

// say writes the word down before it counts it: an answer is a promise.
func (s *server) say(p *sim.Proc, word string) (any, error) {
	s.writing.Lock(p)
	defer s.writing.Unlock()
	if err := s.log.Append(p, []byte(word+"\n")); err != nil {
		return nil, err
	}
	if !s.unsynced {
		if err := s.log.Sync(p); err != nil {
			return nil, err
		}
	}
	s.counts[word]++
	return Heard{word, s.counts[word]}, nil
}
