// Splitting the rest of a line into words. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::build {

// Words as a POSIX shell cuts them: blanks separate; '...' is literal; "..." keeps blanks and knows \" \\ \$ \`;
// a backslash outside quotes takes the next character literally. Nothing is expanded. Throws kInvalid for an open
// quote.
std::vector<std::string> shell_words(std::string_view text);

// Those of them in which nothing is quoted, and which a shell may take for its own: "||", ";". Throws as shell_words().
std::vector<std::string> bare_words(std::string_view text);

// The first of the bare words that joins commands: "||", "|", "&&", ";". Throws as shell_words().
std::optional<std::string> shell_operator(std::string_view text);

// The first "$NAME" or "${NAME" that a shell would expand: outside '...', and without a backslash before it. Never
// throws.
std::optional<std::string> first_variable(std::string_view text);

// ["a", "b"]: empty when the text is not a JSON array of strings, or holds none.
std::optional<std::vector<std::string>> json_words(std::string_view text);

// The JSON form when the text begins with '[', which it must then fully be (kInvalid); shell_words otherwise.
std::vector<std::string> argument_words(std::string_view text);

}  // namespace minibox::build
