// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"

	"kcovrig/rig/trial"
)

// BuildEach builds the variants and looks at what their binaries say, each by itself: one
// that fails stops no other. Which did is returned beside those that did not, and these are
// to be closed even when err is not nil.
func BuildEach(ctx context.Context, cfg Config, variants []trial.Variant) (k *Kernels, failed map[trial.Variant]error, err error) {
	k, failed = &Kernels{}, map[trial.Variant]error{}
	if k.Source, err = open(ctx, cfg, Request{}); err != nil {
		return k, failed, err
	}
	for _, v := range variants {
		if err := k.add(ctx, cfg, v); err != nil {
			failed[v] = err
		}
	}
	if len(failed) == 0 {
		err = k.compare(cfg, variants)
	}
	return k, failed, err
}

// add builds and analyses one variant; one that cannot be analysed is there as it was built.
func (k *Kernels) add(ctx context.Context, cfg Config, v trial.Variant) error {
	if err := k.Source.Check(ctx, v); err != nil {
		return err
	}
	kernel, err := buildOne(ctx, cfg, k.Source, v)
	if err != nil {
		return err
	}
	k.Put(v, kernel)
	if kernel, err = analyseOne(ctx, cfg, k.Source, v, kernel); err != nil {
		return err
	}
	k.Put(v, kernel)
	return nil
}
