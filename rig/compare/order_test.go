// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
)

// Where QEMU is missing and the user's patch is wrong, the patch is told of, however late
// that is known.
func TestTheUsersOwnIsToldFirst(t *testing.T) {
	cfg := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Config(t)
	missed := make(chan struct{})
	cfg.Tools.QEMU = func(context.Context, qemu.Search) (qemu.Program, error) {
		close(missed)
		return qemu.Program{}, fault.Newf(fault.Rig, "find QEMU", "there is none")
	}
	cfg.Kernels = func(ctx context.Context, _ kernels.Config) (kernels.Source, error) {
		<-missed
		select {
		case <-ctx.Done(): // nobody waits for this answer
		case <-time.After(100 * time.Millisecond):
		}
		return nil, fault.Newf(fault.User, "read the patch", "there is no such file")
	}
	_, err := Compare(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err), "%v", err)
}
