#include "cli/command_table.h"

#include <array>

namespace minibox::cli {
namespace {

constexpr std::array kCommands = {
    Command{"run", "run a command in a new container", command_run, true},
    Command{"exec", "run a command in a running container", command_exec, true},
    Command{"attach", "join a running container's output and input", command_attach, true},
    Command{"build", "build an image from a MiniBox file", command_build},
    Command{"ps", "list containers", command_ps},
    Command{"logs", "print the output of a container", command_logs},
    Command{"stop", "end containers: TERM, then KILL after a while", command_stop},
    Command{"kill", "end containers at once", command_kill},
    Command{"restart", "stop and start containers", command_restart},
    Command{"pause", "stop every process of containers", command_pause},
    Command{"unpause", "let paused containers go on", command_unpause},
    Command{"wait", "wait until containers end, print their exit status", command_wait},
    Command{"update", "change the limits of containers", command_update},
    Command{"rename", "give a container another name", command_rename},
    Command{"inspect", "print all about containers and images, as JSON", command_inspect},
    Command{"stats", "print what containers use", command_stats},
    Command{"top", "list the processes of a container", command_top},
    Command{"diff", "list what a container has changed in its files", command_diff},
    Command{"cp", "copy files out of a container or into it", command_cp},
    Command{"start", "start stopped containers again", command_start},
    Command{"rm", "remove containers", command_rm},
    Command{"pull", "fetch an image from its registry", command_pull},
    Command{"push", "send an image to its registry", command_push},
    Command{"tag", "give an image one more name", command_tag},
    Command{"login", "keep credentials for a registry", command_login},
    Command{"logout", "forget them", command_logout},
    Command{"images", "list images", command_images},
    Command{"rmi", "remove images", command_rmi},
    Command{"history", "list what an image was made of", command_history},
    Command{"port", "list the published ports of a container", command_port},
    Command{"volume", "list, make and remove named volumes", command_volume},
    Command{"info", "tell what the daemon holds", command_info},
    Command{"save", "write images into a tar archive", command_save},
    Command{"load", "read images from a tar archive", command_load},
    Command{"import", "make an image of a root file system's tar", command_import},
    Command{"export", "write a container's files into a tar", command_export},
    Command{"commit", "make an image of a container", command_commit},
    Command{"system", "show what takes space, remove what nothing needs", command_system},
    Command{"ping", "ask whether the daemon runs", command_ping},
    Command{"version", "print the version", command_version},
    Command{"help", "print this, or the help of a command", command_help},
};

}  // namespace

std::span<const Command> all_commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace minibox::cli
