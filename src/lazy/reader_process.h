// What is asked about whoever waits for a read: a thread by its number in our pid namespace, as the kernel tells it.
#pragma once

#include <cstdint>
#include <string>

namespace minibox::lazy {

// SIGKILL has been sent to it, or it has ended. Not while that can't be told.
bool is_being_killed(std::uint32_t thread);

// Its cgroup: the same for all of a container. Empty for one that has ended, or while it can't be told.
std::string cgroup_of(std::uint32_t thread);

}  // namespace minibox::lazy
