// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/disk"
)

// transferTime bounds one attempt to send a file of so many bytes: what a
// server that died was asked for has no reply.
func transferTime(size int64) time.Duration {
	const slowest = 256 << 10 // bytes per second
	return 10*time.Second + time.Duration(size/slowest)*time.Second
}

// putFile stores a file of that size under a name.
func (q *queue) putFile(ctx context.Context, s store, meta jetstream.ObjectMeta, size int64, open func() (*os.File, error)) error {
	return q.within(ctx, transferTime(size), "store "+meta.Name, func(ctx context.Context) error {
		f, err := open()
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = s.Put(ctx, meta, f)
		return err
	})
}

// errIncomplete says that not all of an object is in its stream, or not as it was.
var errIncomplete = errors.New("the object store holds it incomplete")

// nextIn returns the stream's next message on the subjects at that place or
// later, nil where there is none yet. It is a direct get, which any server that
// has a copy replies; a consumer for one reader would be kept by one server, and
// be put on one that has just died.
func (q *queue) nextIn(ctx context.Context, s jetstream.Stream, subjects string, place uint64) (msg *jetstream.RawStreamMsg, err error) {
	err = q.sure(ctx, "read "+subjects, func(ctx context.Context) (err error) {
		msg, err = s.GetMsg(ctx, place, jetstream.WithGetMsgSubject(subjects))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			msg, err = nil, nil
		}
		return err
	})
	return msg, err
}

// read writes an object to w, chunk by chunk as ADR-20 of
// nats-architecture-and-design lays them out.
func (q *queue) read(ctx context.Context, s store, name string, w io.Writer) error {
	var info *jetstream.ObjectInfo
	err := q.sure(ctx, "look up "+name, func(ctx context.Context) (err error) { info, err = s.GetInfo(ctx, name); return })
	if err != nil {
		return err
	}
	sum := disk.NewHash()
	chunks := fmt.Sprintf("$O.%s.C.%s", info.Bucket, info.NUID)
	for have, place, tries := uint32(0), uint64(1), 0; have < info.Chunks; {
		chunk, err := q.nextIn(ctx, s.stream, chunks, place)
		if err != nil {
			return err
		}
		if chunk == nil { // gone, or the server that replied lags behind
			if tries++; tries > 5 || !pause(ctx, 100*time.Millisecond) {
				return errIncomplete
			}
			continue
		}
		have, place, tries = have+1, chunk.Sequence+1, 0
		sum.Write(chunk.Data)
		if _, err := w.Write(chunk.Data); err != nil {
			return err
		}
	}
	if digest := "SHA-256=" + base64.URLEncoding.EncodeToString(sum.Sum(nil)); digest != info.Digest {
		return fmt.Errorf("%w: its digest is %s, not %s", errIncomplete, digest, info.Digest)
	}
	return nil
}
