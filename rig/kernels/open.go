// SPDX-License-Identifier: Apache-2.0

package kernels

import "context"

// FromTree opens the source tree that the specification names.
func FromTree(ctx context.Context, cfg Config) (Source, error) { return openTree(ctx, cfg) }
