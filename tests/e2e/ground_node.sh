#!/bin/sh
# First process of the ground test's node: runs in pid, mount and network namespaces of its own and becomes containerd.
# usage: ground_node.sh DIRECTORY
set -eu
dir=$1
ip link set lo up
mount --make-rslave /
mount -t proc proc /proc

# crun refuses the hybrid layout (v1 controllers and an empty v2 tree): show it the v1 part only.
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] && grep -q ' cgroup2 ' /proc/self/mountinfo; then
  awk '{ for (i = 7; i <= NF; i++) if ($i == "-" && $(i + 1) == "cgroup") print $5, $(i + 3) }' /proc/self/mountinfo >"$dir/v1"
  umount -R -l /sys/fs/cgroup
  mount -t tmpfs -o mode=755,nosuid,nodev,noexec cgroup /sys/fs/cgroup
  while read -r point options; do
    options=$(echo "$options" | tr ',' '\n' | grep -vE '^(rw|ro|xattr)$' | paste -sd, | sed 's/^name=/none,name=/')
    mkdir -p "$point"
    mount -t cgroup -o "$options" cgroup "$point"
  done <"$dir/v1"
fi

mkdir -p "$dir/hardcoded" /run/containerd "$dir/cni-cache" /var/lib/cni
mount --bind "$dir/hardcoded" /run/containerd
mount --bind "$dir/cni-cache" /var/lib/cni  # where libcni keeps its results
exec containerd --config "$dir/config.toml" --log-level warn
