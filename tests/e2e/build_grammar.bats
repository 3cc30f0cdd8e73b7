# The words of the MiniBox file: here-documents, bases of blocks, arguments, packages, dependencies, the linear format.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  # A package manager, and installers, that write down what they are asked to do.
  mkdir "$dir/tools"
  cat >"$dir/tools/MiniBox" <<'FILE'
BASE busybox
BLOCK tools
    COPY <<END /sbin/apk
#!/bin/sh
echo "apk $*" >>/installed
END
    RUN <<END
        chmod +x /sbin/apk
        for name in npm pip go cargo; do
          printf '#!/bin/sh\necho "%s $* in $(pwd)" >>/installed\n' $name >/bin/$name
          chmod +x /bin/$name
        done
    END
FILE
  minibox build -t tools "$dir/tools"
}
teardown_file() { stop_host; }

layers_of() { minibox inspect "$1" | jq '.[0].RootFS.Layers | length'; }

@test "here-documents are scripts, input and files" {
  context heredoc <<'FILE'
BASE busybox
BLOCK one
    WORKDIR /work
    RUN <<EOF
        echo "first   line" >script
        if true; then
          echo second >>script
        fi
    EOF
    RUN cat <<EOF >input && echo done >>input
        to the program
    EOF
    COPY <<name <<"second" here.txt files/
one
name
two
second
    COPY <<EOF /etc/motd
    # welcome, $USER
      indented
    EOF
FILE
  echo copied >"$dir/heredoc/here.txt"
  minibox build -t heredoc "$dir/heredoc"
  run minibox run --rm heredoc sh -c 'cat script input; grep . files/*; cat /etc/motd; stat -c %a /etc/motd'
  assert_output 'first   line
second
    to the program
done
files/here.txt:copied
files/name:one
files/second:two
# welcome, $USER
  indented
644'
  sed -i 's/welcome/hello/' "$dir/heredoc/MiniBox"
  run minibox build -t heredoc "$dir/heredoc"
  assert_line "[dag-summary] blocks=1 cached=0 built=1"
}

@test "a block has a base of its own, and the image only that of its top block" {
  context stages <<'END'
BASE scratch
BLOCK compile
    BASE busybox
    RUN mkdir /out && cp /bin/busybox /out/program && echo heavy >/heavy
BLOCK more
    NEED compile
    RUN cp /heavy /out/light
BLOCK app
    COPY FROM=more /out/program /bin/busybox
    COPY FROM=compile /heavy /heavy
START ["/bin/busybox", "ls", "/", "/bin"]
END
  run minibox build -t stages "$dir/stages"
  assert_success
  assert_line "[base] busybox: using local image"
  assert_equal "$(layers_of stages)" 1
  run minibox run --rm stages
  assert_line heavy
  assert_line busybox
  refute_line ls
  run minibox build -t stages "$dir/stages"
  assert_line "[dag-summary] blocks=3 cached=3 built=0"
}

@test "blocks of different bases are not stacked" {
  context mixed <<'END'
BASE scratch
BLOCK compile
    BASE busybox
BLOCK app
    NEED compile
    BASE scratch
END
  run minibox build -t mixed "$dir/mixed"
  assert_failure
  assert_output --partial "MiniBox:5: block 'app' stands on 'scratch', but block 'compile' on 'busybox'"
  assert_output --partial "hint: take its files instead: COPY FROM=compile"
}

@test "PKG asks the package manager that the base has, for all packages and versions of the line" {
  context packages <<'END'
BASE tools
BLOCK one
    PKG curl git@2.4 openssl
END
  minibox build -t packages "$dir/packages"
  run minibox run --rm packages cat /installed
  assert_output "apk add --no-cache curl git~2.4 openssl"
  context none <<'END'
BASE busybox
BLOCK one
    PKG curl
END
  run minibox build -t none "$dir/none"
  assert_failure
  assert_output --partial "MiniBox:3: PKG curl: the base has no package manager"
}

@test "AUTO-DEPS runs the installers of the manifests in the working directory, by the lock file where there is one" {
  context deps <<'END'
BASE tools
BLOCK one
    AUTO-DEPS
    WORKDIR /app
    COPY . ./
END
  touch "$dir/deps/package.json" "$dir/deps/requirements.txt" "$dir/deps/go.mod" "$dir/deps/Cargo.toml" "$dir/deps/Cargo.lock"
  run minibox build -t deps "$dir/deps"
  assert_success
  assert_line "[one]    ---> auto-deps: detected package.json → running npm install"
  assert_line "[one]    ---> auto-deps: detected requirements.txt → running pip install -r requirements.txt"
  assert_line "[one]    ---> auto-deps: detected go.mod → running go mod download"
  assert_line "[one]    ---> auto-deps: detected Cargo.toml → running cargo build --locked"
  run minibox run --rm deps cat /installed
  assert_output $'npm install in /app\npip install -r requirements.txt in /app\ngo mod download in /app\ncargo build --locked in /app'
  touch "$dir/deps/package-lock.json"
  rm "$dir/deps/go.mod" "$dir/deps/Cargo.toml" "$dir/deps/requirements.txt"
  run minibox build -t deps "$dir/deps"
  assert_line "[one]    ---> auto-deps: detected package.json → running npm ci"
  run minibox run --rm deps cat /installed
  assert_output "npm ci in /app"
}

@test "a file of the linear format is built step by step, each with its place in the cache" {
  context linear <<'END'
FROM busybox
SET-ENVIRONMENT WHO=world
GOTO-FOLDER /srv
RUN-COMMAND echo "hello $WHO" >greeting
IMPORT-FILE name.txt ./
RUN cat name.txt >>greeting
EXPOSE 8080
LAUNCH cat greeting
END
  echo somebody >"$dir/linear/name.txt"
  run minibox build -t linear "$dir/linear"
  assert_success
  assert_line "[build] mode=legacy-linear"
  assert_line --index 3 "[build] mode=legacy-linear"
  assert_line --index 4 "Step 1: FROM busybox"
  assert_line --index 5 "Step 2: ENV WHO=world"
  assert_line --index 6 "Step 3: WORKDIR /srv"
  assert_line --index 7 'Step 4: RUN echo "hello $WHO" >greeting'
  assert_line --index 8 " ---> Building..."
  assert_line --index 9 "Step 5: COPY name.txt ./"
  assert_line "Step 8: CMD cat greeting"
  run minibox run --rm linear
  assert_output $'hello world\nsomebody'
  run minibox inspect linear
  assert_output --partial '8080/tcp'
  echo else >"$dir/linear/name.txt"
  run minibox build -t linear "$dir/linear"
  assert_line --index 8 " ---> Using cache"
  assert_line --index 10 " ---> Building..."
  run minibox run --rm linear
  assert_output $'hello world\nelse'
}

@test "an unknown word is an error with its line and the word that was meant; --lenient passes over it" {
  context unknown <<'END'
BASE busybox
LABEL a=b
BLOCK one
    NEEDS two
    RUN echo built
END
  run minibox build -t unknown "$dir/unknown"
  assert_failure
  assert_output --partial "MiniBox:2: unknown instruction 'LABEL'"
  run minibox build --lenient -t unknown "$dir/unknown"
  assert_success
  assert_line "[build] warning: MiniBox:4: unknown instruction 'NEEDS', did you mean 'NEED'?; the line is ignored"
  assert_line "[one] built"
}

@test "what nobody expands and what is in no image is warned of" {
  context warned <<'END'
BASE busybox
BLOCK stray
    RUN echo checked
BLOCK one
    ENV PATH=$PATH:/opt/bin
    ENV KEPT='$HOME'
HEALTHCHECK --retries=1 CMD test -e /ok || exit 1
START /bin/true
END
  run minibox build -t warned "$dir/warned"
  assert_success
  assert_line "[build] warning: MiniBox:5: '\$PATH' is not expanded in ENV, it is taken as it is written"
  assert_line "[build] warning: block 'stray' is in no image: nothing needs it"
  assert_equal "$(grep -c '\[build\] warning' <<<"$output")" 2
  run minibox build -t warned --target one "$dir/warned"
  refute_output --partial "in no image"
  assert_equal "$(minibox inspect warned | jq -c '.[0].Config.Healthcheck.Test')" '["CMD","/bin/sh","-c","test -e /ok || exit 1"]'
}

@test "the image's config has ports, volumes and the user" {
  context config <<'END'
BASE busybox
BLOCK one
    PORT 80
    PORT 53/udp
    VOLUME /data
    USER 7:8
    RUN id -u >/tmp/id
START id
END
  minibox build -t config "$dir/config"
  run minibox inspect config
  assert_output --partial '"80/tcp"'
  assert_output --partial '"53/udp"'
  assert_output --partial '"/data"'
  run minibox run --rm config cat /tmp/id
  assert_output 7
}

@test "what a linear file declares holds for every later step" {
  context declared <<'EOF'
FROM busybox
ARG V=1
SECRET token
CACHE /kept
RUN echo "first $V $(cat /run/secrets/token)"; touch /kept/a
RUN echo "second $V $(cat /run/secrets/token) $(ls /kept)"
CMD echo "$HOME"
EOF
  echo word >"$dir/token"
  run minibox build -t declared --build-arg V=7 --secret id=token,src="$dir/token" "$dir/declared"
  assert_success
  assert_line --partial "first 7 word"
  assert_line --partial "second 7 word a"
  assert_line "[build] warning: MiniBox:7: '\$HOME' is a word for the program, no shell reads CMD; CMD sh -c '...' has one"
  minibox rmi declared
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
