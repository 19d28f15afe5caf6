// SPDX-License-Identifier: Apache-2.0

package litmusset

func chains() Family {
	return Family{
		"chains", "chains of address and control dependencies, loads that acquire, and barriers", []Cross{
			edges("DMB.STdWW", "Rfe", "DpAddrdR,DpCtrldR,DpCtrlIsbdR,PodRR,DMB.LDdRR", "DpAddrdR,DpCtrldR,DpCtrlIsbdR,DMB.LDdRR,PodRRQP,PodRRAP", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrdR,DpCtrldR,DpCtrlIsbdR,PodRR,DMB.LDdRR", "DpAddrdW,DpDatadW,DpCtrldW,PodRW", "Wse"),
			edges("DMB.STdWW", "Rfe", "DpAddrdW,DpDatadW,DpCtrldW", "PodWR,DMB.LDdWR,DMB.STdWR,DMB.SYdWR,ISBdWR", "Fre"),
		},
	}
}

func selected() Family {
	return Family{
		"selected", "dependencies through flags and CSEL", []Cross{
			edges("DMB.STdWW,PodWWPL", "Rfe", "DpAddrCseldR,DpCtrlCseldR,DpCtrlIsbCseldR", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrCseldR,DpCtrlCseldR,DpCtrlIsbCseldR", "DpAddrCseldR,DpAddrdR,DpCtrlIsbdR,PodRR", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrCseldW,DpDataCseldW,DpCtrlCseldW", "Wse"),
			edges("DpAddrCseldW,DpDataCseldW,DpCtrlCseldW", "Rfe", "DpAddrCseldW,DpDataCseldW,DpCtrlCseldW,DpDatadW", "Rfe"),
			edges("DMB.STdWW", "Rfe", "DpAddrCseldW,DpDataCseldW,DpCtrlCseldW", "Rfi", "DpAddrdR,DpCtrlCseldR,PodRR", "Fre"),
			edges("Rfe", "DpDataCseldW,DpAddrCseldW,DpCtrlCseldW", "Rfe", "DpAddrCseldR,DpAddrdR", "Fre"),
		},
	}
}

func barriers() Family {
	return Family{
		"barriers", "barriers of every kind in every place", []Cross{
			edges("DSB.SYdWW,DSB.STdWW,DSB.LDdWW,DMB.LDdWW,ISBdWW", "Rfe", "DSB.SYdRR,DSB.LDdRR,DSB.STdRR,DMB.STdRR,ISBdRR,DpAddrdR", "Fre"),
			edges("DSB.SYdWR,DSB.STdWR,DSB.LDdWR,DMB.LDdWR,DMB.STdWR,ISBdWR", "Fre", "DMB.SYdWR,DSB.SYdWR,DMB.STdWR,DSB.STdWR", "Fre"),
			edges("DSB.STdWW,DMB.LDdWW,DSB.LDdWW", "Wse", "DSB.SYdWR,DSB.STdWR,DMB.STdWR,DMB.LDdWR", "Fre"),
			edges("DMB.STdWW", "Rfe", "DSB.LDdRW,DSB.STdRW,DMB.LDdRW,DMB.STdRW,ISBdRW", "Wse"),
			edges("DSB.LDdRW,DSB.STdRW,DMB.STdRW,ISBdRW", "Rfe", "DSB.LDdRW,DMB.LDdRW,DpDatadW", "Rfe"),
		},
	}
}
