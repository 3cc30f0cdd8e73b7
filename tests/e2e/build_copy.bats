# minibox build: what COPY gives.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "COPY into new, removed and linked directories gives what is copied, hard links and later changes included" {
  context fresh <<'END'
BASE busybox
BLOCK below
    RUN mkdir -p /old/kept /gone && echo below >/gone/below && echo below >/old/kept/file && ln -s /old /link
BLOCK app
    NEED below
    RUN rm -rf /gone
    COPY one two /link/new/
    COPY one /gone
    COPY one /old
    COPY deep.txt /link/new/shared/file
    RUN echo changed >>/old/new/shared/two && rm /gone/shared/first && ls -R /old/new >/list
END
  mkdir -p "$dir"/fresh/{one,two}/shared/deep "$dir/fresh/one/kept" "$dir/fresh/one/empty"
  echo one | tee "$dir/fresh/one/shared/both" >"$dir/fresh/one/shared/first"
  echo two | tee "$dir/fresh/two/shared/both" "$dir/fresh/two/shared/deep/two" >"$dir/fresh/two/shared/two"
  echo deep >"$dir/fresh/deep.txt"
  echo hard >"$dir/fresh/one/hard"
  for name in shared/hard kept/hard; do ln "$dir/fresh/one/hard" "$dir/fresh/one/$name"; done
  chmod 0750 "$dir/fresh/one/empty"
  run minibox build -t fresh "$dir/fresh"
  assert_success
  run minibox run --rm fresh sh -c 'cd /old/new; head shared/both shared/deep/two shared/two shared/file; ls /gone /gone/shared
    cat /old/kept/file; stat -c %a empty /gone/empty; cat /list | wc -l
    for at in /old/new /gone /old; do stat -c "%h %i" $at/hard $at/shared/hard $at/kept/hard | uniq | cut -d" " -f1; done'
  assert_output "$(cat <<'END'
==> shared/both <==
two

==> shared/deep/two <==
two

==> shared/two <==
two
changed

==> shared/file <==
deep
/gone:
empty
hard
kept
shared

/gone/shared:
both
deep
hard
below
750
750
21
3
3
3
END
)"
}

@test "COPY takes wildcards" {
  context wild <<'END'
BASE busybox
BLOCK one
    COPY *.txt notes/? /wild/
    COPY only*.md /one.md
START ls /wild
END
  mkdir "$dir/wild/notes"
  touch "$dir/wild/a.txt" "$dir/wild/b.txt" "$dir/wild/c.log" "$dir/wild/notes/n" "$dir/wild/notes/nn" "$dir/wild/only1.md"
  minibox build -t wild "$dir/wild"
  run minibox run --rm wild
  assert_output $'a.txt\nb.txt\nn'
  touch "$dir/wild/only2.md"
  run minibox build -t wild "$dir/wild"
  assert_failure 1
  assert_output --partial "'only*.md' matches 2 files: the destination must end in '/'"
  rm "$dir"/wild/only*
  run minibox build -t wild "$dir/wild"
  assert_output --partial "source 'only*.md' matches nothing in the build context"
}

@test "COPY can't leave the context" {
  context escape <<'END'
BASE busybox
BLOCK one
    COPY ../minibox.sock /stolen
END
  run minibox build -t escape "$dir/escape"
  assert_failure 1
  context link <<'END'
BASE busybox
BLOCK one
    COPY secret /secret
END
  ln -s /etc/shadow "$dir/link/secret"
  run minibox build -t link "$dir/link"
  run minibox run --rm link cat /secret
  refute_output --partial "root:"
}
