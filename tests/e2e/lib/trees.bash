# A tree full of odd files, and a listing of all that a tree is, so that two can be compared.

# make_odd_tree DIRECTORY
make_odd_tree() {
  local long
  long=$(printf 'n%.0s' {1..200})
  mkdir -p "$1"/{bin,odd/{dir,sticky,hidden/deep,opaque/old,replaced}}
  cp /bin/busybox "$1/bin/busybox"
  ln -s busybox "$1/bin/sh"
  (
    cd "$1/odd"
    echo plain >plain && ln plain dir/hard && ln plain "dir/$long"
    ln -s plain soft && ln -s /absolute/nowhere broken && ln -s "$long/$long" long-link
    ln soft hard-to-soft
    echo suid >suid && chmod 6755 suid
    echo cap >cap && setcap cap_net_raw=ep cap
    echo noted >noted && setfattr -n user.note -v "a b" noted && setfattr -n user.dir -v d dir
    echo owned >owned && chown 1234:5678 owned && chown -h 4321:8765 broken && chown 70000:70001 dir
    truncate -s 3M sparse && printf end >>sparse
    mkfifo -m 620 fifo && mknod -m 640 null c 1 3 && mknod -m 600 disk b 8 1
    chmod 1777 sticky && chmod 000 suid-less 2>/dev/null || true
    echo nothing >mode0 && chmod 0 mode0
    : >empty && printf 'caf\303\251' >"$(printf 'caf\303\251')" && echo x >"sp ace"
    mkdir -p "$long/$long" && echo deep >"$long/$long/file"
    echo gone >hidden/file && echo gone >hidden/deep/file && echo old >opaque/old/file && echo old >replaced/file
    find . -depth -exec touch -h -d '2001-02-03 04:05:06 UTC' {} +
    touch -h -d '1969-12-31 23:00:00 UTC' plain 2>/dev/null || true
    touch -d '2001-02-03 04:05:06 UTC' plain
  )
}

# What the second layer changes: a file and a directory vanish, one is replaced by a new one, one by a file.
readonly odd_changes='rm -r /odd/hidden && rm /odd/empty && rm -r /odd/opaque && mkdir /odd/opaque && echo new >/odd/opaque/new && rm -r /odd/replaced && echo file >/odd/replaced && chmod 700 /odd/sticky'

# Type, mode, owner, size, time, devices, links, attributes and content of everything below a directory.
list_tree() {
  (
    cd "$1"
    find . -not -type d -printf '%p %y %m %U:%G %s %Ts -> %l\n' | sort
    find . -type d -printf '%p %y %m %U:%G %Ts\n' | sort
    find . \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort
    find . -type f -links +1 -printf '%i %p\n' | sort -k2 | awk '{names[$1] = names[$1] " " $2} END {for (i in names) print names[i]}' | sort
    getfattr -R -P -d -m '^(user\.|security\.capability)' . 2>/dev/null | sort
    find . -type f -exec sha256sum {} + | sort -k2
  )
}

assert_same_trees() { diff <(list_tree "$1") <(list_tree "$2"); }

# An image odd:2 of the tree and what changes it, $dir/odd.tar with it, and $dir/reference, which shows how it looks. The
# tar is not sparse: podman 4.3 can't save an image again that was made of one.
make_odd_image() {
  make_odd_tree "$dir/tree"
  tar --xattrs --xattrs-include='user.*' --xattrs-include=security.capability --format=pax -C "$dir/tree" -cf "$dir/tree.tar" .
  minibox import -c 'CMD ["/bin/busybox", "echo", "odd"]' -c 'ENV PATH=/bin' "$dir/tree.tar" first
  mkdir "$dir/context"
  printf 'BASE first\nBLOCK change\n    RUN %s\n' "$(busybox_words "$odd_changes")" >"$dir/context/MiniBox"
  minibox build -t odd:2 "$dir/context"
  minibox save odd:2 "$dir/odd.tar"
  minibox run --name reference odd:2
  minibox export -o "$dir/reference.tar" reference
  expand reference
}

# The tree has one program and no links to it.
busybox_words() { sed -E 's/(^|&& )/\1\/bin\/busybox /g' <<<"$1" | sed 's/busybox echo/busybox echo/g'; }

expand() { mkdir -p "$dir/$1" && tar --xattrs --xattrs-include='*' -C "$dir/$1" -xpf "$dir/$1.tar"; }

# The image under this name, run and exported, is the one that setup_file made.
assert_is_odd() {
  minibox run --rm "$1" | grep -x odd
  local name=copy$((RANDOM))
  minibox run --name "$name" "$1" >/dev/null
  minibox export "$name" >"$dir/$name.tar"
  minibox rm "$name" >/dev/null
  expand "$name"
  assert_same_trees "$dir/$name/odd" "$dir/reference/odd"
  rm -rf "${dir:?}/$name" "$dir/$name.tar"
}
