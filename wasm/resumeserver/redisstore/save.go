//go:build !js

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// saveAttempts bounds how often steps are sent: once; again when another Redis process has answered; and again when it lacks the script.
const saveAttempts = 3

// errOther: each attempt was answered by another Redis process than the one before.
var errOther = errors.New("redisstore: save: the Redis process changed")

// batch is the steps of the sessions that one Redis process keeps.
type batch struct {
	client redis.UniversalClient // of that process
	addr   string                // of it in a Cluster
	at     []int                 // indexes of the steps
}

// Save implements [resumeserver.Store]: one script for each step, and one pipeline for each process.
func (s *Store) Save(ctx context.Context, steps []resumeserver.Step) []error {
	errs := make([]error, len(steps))
	batches := s.batches(ctx, steps, errs)
	if len(batches) == 1 {
		s.save(ctx, batches[0], steps, errs)
		return errs
	}
	var all sync.WaitGroup
	for _, b := range batches {
		all.Go(func() { s.save(ctx, b, steps, errs) })
	}
	all.Wait()
	return errs
}

// batches returns the steps by the process that keeps their sessions. An error that is set means that it is not known.
func (s *Store) batches(ctx context.Context, steps []resumeserver.Step, errs []error) (list []batch) {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		all := batch{client: s.client, at: make([]int, len(steps))}
		for i := range steps {
			all.at[i] = i
		}
		return []batch{all}
	}
	index := map[*redis.Client]int{}
	for i, st := range steps {
		primary, err := cluster.MasterForKey(ctx, keys(st.Name)[0])
		if err != nil {
			errs[i] = fmt.Errorf("redisstore: save: %w", err)
			continue
		}
		n, known := index[primary]
		if !known {
			n = len(list)
			index[primary] = n
			list = append(list, batch{client: primary, addr: primary.Options().Addr})
		}
		list[n].at = append(list[n].at, i)
	}
	return list
}

// save performs the steps of one process. The scripts are given the run_id of the process that answered last; the pipeline, which is one
// connection and so one process, asks for it too: if it is another one, nothing that was answered counts.
func (s *Store) save(ctx context.Context, b batch, steps []resumeserver.Step, errs []error) {
	set := func(err error) {
		for _, i := range b.at {
			errs[i] = err
		}
	}
	set(errOther)
	for range saveAttempts {
		before, err := s.run(ctx, b)
		if err != nil {
			set(fmt.Errorf("redisstore: save: %w", err))
			return
		}
		answers, run, err := send(ctx, b, steps, before)
		switch {
		case err != nil:
			set(fmt.Errorf("redisstore: save: %w", err))
			s.forget(b)
			return
		case run != before:
			s.note(b, run)
			continue
		}
		missing, moved := false, false
		for k, i := range b.at {
			errs[i] = outcome(answers[k])
			missing = missing || redis.HasErrorPrefix(errs[i], "NOSCRIPT")
			moved = moved || redis.HasErrorPrefix(errs[i], "MOVED")
		}
		if moved {
			s.reload() // the steps are saved again later
		}
		if !missing || saveScript.Load(ctx, b.client).Err() != nil { // a step that was performed changes nothing again
			return
		}
	}
}

// send makes one pipeline, and returns the run_id of the process that answered it.
func send(ctx context.Context, b batch, steps []resumeserver.Step, run string) (answers []*redis.Cmd, now string, err error) {
	pipe := b.client.Pipeline()
	info := pipe.Info(ctx, "server")
	for _, i := range b.at {
		answers = append(answers, saveScript.EvalSha(ctx, pipe, keys(steps[i].Name), arguments(steps[i], run)...))
	}
	_, _ = pipe.Exec(ctx) // each answer has its error
	if err := info.Err(); err != nil {
		return nil, "", err
	}
	now, err = runID(info.Val())
	return answers, now, err
}

// outcome reads the answer to a step.
func outcome(a *redis.Cmd) error {
	switch answer, err := a.Text(); {
	case err != nil:
		return err
	case answer == "ok":
		return nil
	case answer == "moved":
		return resumeserver.ErrMoved
	case answer == "unknown":
		return resumeserver.ErrUnknown
	default:
		return fmt.Errorf("redisstore: save: answer %q", answer)
	}
}

// reload lets the client of a Cluster learn where its slots are: one may have moved, or its primary have died.
func (s *Store) reload() {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		cluster.ReloadState(context.Background())
	}
}

// run returns the run_id of the process that answered last, and asks if there is none.
func (s *Store) run(ctx context.Context, b batch) (string, error) {
	s.mu.Lock()
	run := s.runs[b.addr]
	s.mu.Unlock()
	if run != "" {
		return run, nil
	}
	info, err := b.client.Info(ctx, "server").Result()
	if err == nil {
		run, err = runID(info)
	}
	if err != nil {
		s.forget(b)
		return "", err
	}
	s.note(b, run)
	return run, nil
}

func (s *Store) note(b batch, run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[b.addr] = run
}

// forget removes what is known of a process that does not answer. In a Cluster its slots may be another one's.
func (s *Store) forget(b batch) {
	s.mu.Lock()
	delete(s.runs, b.addr)
	s.mu.Unlock()
	s.reload()
}

// runID returns the run_id in an answer of INFO.
func runID(info string) (string, error) {
	for line := range strings.Lines(info) {
		if run, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(run), nil
		}
	}
	return "", errors.New("INFO server has no run_id")
}
