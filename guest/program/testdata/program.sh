#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Programs as users bring them, one per word: good ones, and such as break every rule.

# greet says that it is ready, and takes the words of go.
greet() {
	echo ready
	read -r line
	set -- $line
	[ "$1" = go ] || exit 90
	mode=$3 seed=$2
}

case $1 in
told) # 30 clean tries, a hit, and again
	greet
	for i in 1 2 3 4 5; do
		echo "try 10"; echo "try 20"; echo "hit lost note=$i mode=$mode seed=$seed"
	done
	echo done ;;
patient) greet; echo "try 3"; read -r line; [ "$line" = stop ] && echo "try 4" ;;
env) echo "hit $2 A=$A HOME=$HOME home=$(pwd)"; read -r line; read -r line ;;
silent) exec sleep 1000 ;;
once) exit 0 ;;
lucky) echo "hit one"; echo "hit two"; exit 0 ;;
mixed) echo "try 1"; echo "hit one"; echo "try 1"; echo "hit two"; echo "try 1"; exit 7 ;;
status) echo "try 1"; echo "what went wrong" >&2; exit 3 ;;
segv) for i in 1 2 3 4 5; do echo "try 1"; done; kill -SEGV $$; sleep 1 ;;
stuck) for i in 1 2 3 4 5; do echo "try 1"; done; exec sleep 1000 ;;
spinning) for i in 1 2 3 4 5; do echo "try 1"; done; while :; do :; done ;;
deaf) trap '' INT TERM HUP; echo "try 1"; while :; do read -r line || sleep 1000; done ;;
flood) echo "try 1"; exec yes "$(head -c 100000 /dev/zero | tr '\0' x)" ;;
hits) exec yes "hit again and again" ;;
endless) while :; do echo "try 1"; sleep 0.01; done ;;
burst) for i in 1 2 3 4 5 6 7 8 9 10; do echo 'try 1'; done; exit 0 ;;
unready) exit 5 ;;
tries) exec yes "try 1000" ;;
garbled) echo "try -1"; sleep 1000 ;;
early) echo "try 1"; echo ready; sleep 1000 ;;
never) exec sleep 1000 ;;
children) (sleep 1000 & setsid sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' &) ; echo "try 1"; sleep 0.1; echo done ;;
esac
