#include "sys/device_filter.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "base/error.h"

namespace minibox::sys {
namespace {

constexpr __u8 kAccess = BPF_REG_3;
constexpr __u8 kType = BPF_REG_2;
constexpr __u8 kMajor = BPF_REG_4;
constexpr __u8 kMinor = BPF_REG_5;
constexpr int kAllAccess = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

using Program = std::vector<bpf_insn>;

bpf_insn instruction(int code, int to, int from, int offset, int value) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to) & 15;
  made.src_reg = static_cast<__u8>(from) & 15;
  made.off = static_cast<__s16>(offset);
  made.imm = value;
  return made;
}

bpf_insn load_word(int to, size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1, static_cast<int>(offset), 0);
}
bpf_insn compute(int operation, int to, int value) {
  return instruction(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

int access_bits(const std::string& letters) {
  int bits = 0;
  for (const char letter : letters) {
    bits |= letter == 'r'   ? BPF_DEVCG_ACC_READ
            : letter == 'w' ? BPF_DEVCG_ACC_WRITE
            : letter == 'm' ? BPF_DEVCG_ACC_MKNOD
                            : 0;
  }
  return bits;
}

// Jumps out of the rule when it does not match; `jumps` are patched once the rule's length is known.
struct Rule {
  Program code;
  std::vector<size_t> jumps;

  void leave_unless(int jump_when_not, int reg, std::int64_t value) {
    jumps.push_back(code.size());
    code.push_back(instruction(BPF_JMP | jump_when_not | BPF_K, reg, 0, 0, static_cast<int>(value)));
  }
};

Program compile(const DeviceRule& rule) {
  Rule made;
  if (rule.type != 'a') made.leave_unless(BPF_JNE, kType, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
  const int bits = access_bits(rule.access);
  if (bits != kAllAccess) {
    // An allowing rule must cover all that is asked; a refusing one hits when it covers any of it.
    made.code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, kAccess, 0, 0));
    made.code.push_back(compute(BPF_AND, BPF_REG_0, rule.allow ? kAllAccess & ~bits : bits));
    made.leave_unless(rule.allow ? BPF_JNE : BPF_JEQ, BPF_REG_0, 0);
  }
  if (rule.major) made.leave_unless(BPF_JNE, kMajor, *rule.major);
  if (rule.minor) made.leave_unless(BPF_JNE, kMinor, *rule.minor);
  made.code.push_back(compute(BPF_MOV, BPF_REG_0, rule.allow ? 1 : 0));
  made.code.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  for (const size_t jump : made.jumps) made.code[jump].off = static_cast<__s16>(made.code.size() - jump - 1);
  return made.code;
}

bool matches_everything(const DeviceRule& rule) {
  return rule.type == 'a' && access_bits(rule.access) == kAllAccess && !rule.major && !rule.minor;
}

// The last rule that matches decides, so they are looked at from the end; after one that matches everything the
// verifier would refuse what can't be reached.
Program compile(const std::vector<DeviceRule>& rules) {
  Program program = {load_word(kAccess, offsetof(bpf_cgroup_dev_ctx, access_type)),
                     load_word(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
                     load_word(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)),
                     instruction(BPF_ALU64 | BPF_MOV | BPF_X, kType, kAccess, 0, 0),
                     compute(BPF_AND, kType, 0xffff),
                     compute(BPF_RSH, kAccess, 16)};
  for (size_t i = rules.size(); i-- > 0;) {
    const Program code = compile(rules[i]);
    program.insert(program.end(), code.begin(), code.end());
    if (matches_everything(rules[i])) return program;
  }
  program.push_back(compute(BPF_MOV, BPF_REG_0, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return program;
}

long bpf(int command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

}  // namespace

void attach_device_filter(const Fd& cgroup, const std::vector<DeviceRule>& rules) {
  const Program program = compile(rules);
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<__u64>(program.data());
  load.insn_cnt = static_cast<__u32>(program.size());
  load.license = reinterpret_cast<__u64>("GPL");
  const Fd loaded(static_cast<int>(bpf(BPF_PROG_LOAD, load)));
  if (!loaded) {
    throw Error::from_errno("bpf(BPF_PROG_LOAD, device filter)", errno)
        .with_hint("the kernel needs CONFIG_CGROUP_BPF, and the daemon CAP_BPF or CAP_SYS_ADMIN");
  }
  bpf_attr attach{};
  attach.target_fd = static_cast<__u32>(cgroup.get());
  attach.attach_bpf_fd = static_cast<__u32>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  if (bpf(BPF_PROG_ATTACH, attach) != 0) throw Error::from_errno("bpf(BPF_PROG_ATTACH, device filter)", errno);
}

}  // namespace minibox::sys
