#include "wire/exec_request.h"

#include "base/error.h"
#include "wire/json_object.h"

namespace minibox::wire {

ExecRequest ExecRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, "Invalid request");
  ObjectReader reader(value, "Invalid request");
  ExecRequest request;
  reader.read("id", request.id);
  reader.read("command", request.command);
  reader.read("interactive", request.interactive);
  reader.read("tty", request.tty);
  read_size(reader, request.rows, request.columns);
  reader.read("detached", request.detached);
  reader.read("env", request.env);
  reader.read("user", request.user);
  reader.read("workdir", request.workdir);
  reader.refuse_unknown();
  check_env(reader, request.env);
  check_workdir(reader, request.workdir);
  if (request.id.empty()) throw Error(ErrorKind::kInvalid, "Container ID is required");
  if (request.command.empty()) throw Error(ErrorKind::kInvalid, "Command is required");
  return request;
}

std::string ExecRequest::print() const {
  nlohmann::json value = {{"id", id}, {"command", command}};
  if (interactive) value["interactive"] = true;
  if (tty) value["tty"] = true;
  if (rows != 0) value["rows"] = rows;
  if (columns != 0) value["columns"] = columns;
  if (detached) value["detached"] = true;
  if (!env.empty()) value["env"] = env;
  if (!user.empty()) value["user"] = user;
  if (!workdir.empty()) value["workdir"] = workdir;
  return print_json(value);
}

}  // namespace minibox::wire
