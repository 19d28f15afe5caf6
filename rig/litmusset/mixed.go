// SPDX-License-Identifier: Apache-2.0

package litmusset

import "slices"

// The variants of diy7 that give each end of an edge a part of its word: w0 is all of
// it, h0 and h2 are its halves, b0 its first byte. Other annotations, such as L, come
// before that with a dot. Ends that do not meet make no cycle: of all choices those that
// fit are left.
var (
	halves = []string{"-variant", "Mixed"}
	parts  = []string{"-variant", "FullMixed"}
)

// everyPart has an edge between all parts of two places.
func everyPart(edge string) string {
	return either(edge+"w0w0", edge+"w0h0", edge+"w0h2", edge+"h0w0", edge+"h0h0", edge+"h0h2", edge+"h2w0", edge+"h2h0", edge+"h2h2")
}

// overlapping has an edge between parts of one place that have a byte in common.
func overlapping(edge string) string {
	return either(edge+"w0w0", edge+"w0h0", edge+"w0h2", edge+"h0w0", edge+"h0h0", edge+"h2w0", edge+"h2h2")
}

func sizes() Family {
	return Family{
		"sizes", "store-releases and loads that acquire of bytes and halfwords", slices.Concat(ofSize(parts, "b0"), ofSize(halves, "h0")),
	}
}

func ofSize(options []string, s string) []Cross {
	each := func(edge string, ends ...[2]string) string {
		var out []string
		for _, e := range ends {
			out = append(out, edge+annotated(e[0], s)+annotated(e[1], s))
		}
		return either(out...)
	}
	acquiring := [][2]string{{"Q", ""}, {"Q", "Q"}, {"A", ""}, {"A", "A"}}
	return []Cross{
		{options, []string{
			each("PodWW", [2]string{"", "L"}, [2]string{"L", "L"}, [2]string{"L", ""}), each("Rfe", [2]string{"L", "Q"}, [2]string{"L", "A"}, [2]string{"", "Q"}, [2]string{"", "A"}),
			each("PodRR", acquiring...), each("Fre", [2]string{"", ""}, [2]string{"", "L"}, [2]string{"Q", ""}, [2]string{"Q", "L"}, [2]string{"A", ""}, [2]string{"A", "L"}),
		}},
		{options, []string{
			each("PodWR", [2]string{"L", "Q"}, [2]string{"L", "A"}, [2]string{"", "A"}), each("Fre", [2]string{"Q", "L"}, [2]string{"A", "L"}, [2]string{"A", ""}),
			each("PodWR", [2]string{"L", "Q"}, [2]string{"L", "A"}), each("Fre", [2]string{"Q", "L"}, [2]string{"A", "L"}, [2]string{"Q", ""}, [2]string{"A", ""}),
		}},
	}
}

// annotated is an end of an edge of a size, with another annotation or none.
func annotated(annotation, size string) string {
	if annotation == "" {
		return size
	}
	return annotation + "." + size
}

func overlaps() Family {
	const addressed = "DpAddrdWw0w0,DpAddrdWw0h0,DpAddrdWw0h2"
	f := Family{Name: "overlaps", About: "accesses of different sizes to places that overlap, in part or whole"}
	for _, e := range [][]string{
		{everyPart("DMB.SYdWW"), overlapping("Rfe"), everyPart("DpAddrdR"), overlapping("Fre")},
		{everyPart("PodWR"), overlapping("Fre"), everyPart("PodWR"), overlapping("Fre")},
		{everyPart("PodWW"), overlapping("Wse"), everyPart("DMB.SYdWW"), overlapping("Wse")},
		{"DMB.SYdWWw0w0", "Rfew0w0", addressed, overlapping("Rfi"), everyPart("PodRR"), overlapping("Fre")},
		{"DMB.SYdWWw0w0,DMB.SYdWWw0h0", overlapping("Rfe"), overlapping("PosRR"), everyPart("DpAddrdR"), "Frew0w0,Freh0w0"},
		{overlapping("Rfi"), everyPart("PodRR"), "Frew0w0,Freh0w0", "DMB.SYdWRw0w0", overlapping("Fre")},
		{"DMB.SYdWWw0w0", overlapping("Wsi"), overlapping("Rfe"), "DpAddrdRw0w0,DpAddrdRh0w0,DpAddrdRh2w0", "Frew0w0"},
	} {
		f.Crosses = append(f.Crosses, Cross{halves, e})
	}
	return f
}
