// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// forge has one task whose outcome somebody published, and returns what the coordinator made of it.
func forge(t *testing.T, put map[string]string, forged func(token string) any) (Outcome, Summary, *queue) {
	t.Helper()
	s := embedded(t)
	q := queueOf(t, s)
	task := Task{ID: "t"}
	for object, text := range put {
		_, err := q.logs.Put(t.Context(), jetstream.ObjectMeta{Name: object}, bytes.NewReader([]byte(text)))
		require.NoError(t, err)
	}
	data, ok := forged(task.token()).([]byte)
	if !ok {
		var err error
		data, err = json.Marshal(forged(task.token()))
		require.NoError(t, err)
	}
	_, err := q.js.Publish(t.Context(), outcomeSubject("r", task.token(), 1), data)
	require.NoError(t, err)
	var got Outcome
	summary, err := Coordinate(t.Context(), CoordinatorConfig{Server: s, Run: "r", Attempts: 1, LogDir: t.TempDir()}, each([]Task{task}), func(o Outcome) error {
		got = o
		return nil
	})
	require.NoError(t, err)
	return got, summary, q
}

// An outcome that no worker can have come to is a failure that says whose it is.
func TestAForgedOutcomeIsAFailure(t *testing.T) {
	for name, forged := range map[string]any{
		"no JSON":                  []byte(`{"task":`),
		"another form":             []byte(`[7]`),
		"nothing":                  Outcome{},
		"of another task":          Outcome{Task: "u", Status: Done},
		"failed by nothing":        Outcome{Task: "t", Status: Failed},
		"what a coordinator says":  Outcome{Task: "t", Status: Unrunnable},
		"a status that there's no": []byte(`{"task":"t","status":200}`),
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _ := forge(t, nil, func(string) any { return forged })
			require.Equal(t, Failed, got.Status)
			require.Equal(t, "t", got.Task)
			require.NotNil(t, got.Failure)
			assert.Equal(t, fault.Rig, fault.KindOf(got.Failure.Err()))
		})
	}
}

// A worker names files on the server that its attempt left: none of this machine, and none
// that another task left, which would be deleted.
func TestAnOutcomeNamesNoFilesOfOthers(t *testing.T) {
	const others = "r/0123456789abcdef0123456789abcdef/1/x/console"
	got, summary, q := forge(t, map[string]string{others: "another's"}, func(string) any {
		return Outcome{Task: "t", Status: Done, Value: []byte("1"), Deliveries: math.MaxUint64, Logs: []Log{
			{Name: "passwd", Object: "missing", Path: "/etc/passwd"}, {Name: "console", Object: others},
		}}
	})
	require.Equal(t, Done, got.Status)
	require.Len(t, got.Logs, 2)
	for _, l := range got.Logs {
		assert.Empty(t, l.Path, l.Name)
	}
	_, err := q.logs.GetInfo(t.Context(), others)
	require.NoError(t, err, "it is deleted")
	assert.Less(t, summary.Redelivery, 10)

	got, _, q = forge(t, map[string]string{others: "1"}, func(string) any { return Outcome{Task: "t", Status: Done, ValueObject: others} })
	assert.Equal(t, Failed, got.Status)
	_, err = q.logs.GetInfo(t.Context(), others)
	require.NoError(t, err, "it is deleted")
}

// What is taken of one task is bounded.
func TestAnObjectIsTakenUpToABound(t *testing.T) {
	var to bytes.Buffer
	w := &atMost{&to, 10}
	_, err := w.Write([]byte("12345"))
	require.NoError(t, err)
	_, err = w.Write([]byte("123456"))
	require.ErrorContains(t, err, "more than is taken")
	assert.Equal(t, "12345", to.String())
}
