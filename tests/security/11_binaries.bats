# The attacker has found a flaw in one of the programs: what the compiler and the loader put in the way of using it, and that
# none of them gives privileges to whoever starts it.

load lib/attack

@test "programs are position-independent, with a read-only relocation table, no executable stack, stack protector" {
  local program
  for program in minibox miniboxd minibox-shim; do
    run readelf -hldW "$bin/$program"
    assert_line --regexp 'Type: +DYN'
    assert_line --regexp 'GNU_RELRO'
    assert_line --regexp 'GNU_STACK +0x0+ 0x0+ 0x0+ 0x0+ 0x0+ RW '
    assert_line --regexp '\(FLAGS(_1)?\).* (BIND_)?NOW'
    refute_line --regexp '(RPATH|RUNPATH|TEXTREL)'
    run bash -c "readelf -sW '$bin/$program' | grep -c '__stack_chk_fail'"
    assert [ "$output" -gt 0 ]
  done
}

@test "no program is setuid, setgid or has file capabilities; who is not the owner can't write it" {
  local program
  for program in minibox miniboxd minibox-shim; do
    assert_equal "$(stat -c '%a' "$bin/$program")" 755
    run getcap "$bin/$program"
    assert_output ""
  done
}

@test "what touches containers needs no library of the machine: the shim and the client are static" {
  for program in minibox minibox-shim; do
    run readelf -ldW "$bin/$program"
    refute_output --partial NEEDED
    refute_output --partial INTERP
  done
}
