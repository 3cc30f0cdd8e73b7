// The framed stream of a foreground run, after "Upgrade: minibox-stream/1" (101 Switching Protocols).
//
// A frame is an 8-byte header and a payload: byte 0 the stream, bytes 1-3 zero, bytes 4-7 the payload's length, most
// significant first. Payloads are at most kMaxPayload bytes. The shim writes the server's side straight to the client's
// socket, so output does not pass through the daemon and survives its death.
//
//   client                              shim
//     | <---- 1 stdout, 2 stderr  --------|   as the container writes
//     | ----- 4 signal (1 byte) -------> |   forwarded to the container's main process
//     | ----- 0 stdin -----------------> |   an empty payload is its end
//     | ----- 5 resize (4 bytes) ------> |   rows and columns of the terminal, 2 bytes each, most significant first
//     | <---- 8 stdin taken (4 bytes) ---|   so many bytes more have gone to the program
//     | <---- 6 timing (JSON array) ------|   only when asked for, before the first output
//     | <---- 7 out of memory (empty) ----|   only when the kernel killed for want of memory
//     | <---- 3 exit status (1 byte) -----|   last frame, then the connection closes
//
// The client sends at most kInputWindow bytes of stdin beyond those that were reported as taken, so that a program that
// does not read its input never keeps a signal from getting through. Who sends more is dropped.
//
// A connection that closes without frame 3 means the shim died; the client says so and ends with 125.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minibox::wire {

inline constexpr char kStreamProtocol[] = "minibox-stream/1";

enum class Stream : std::uint8_t {
  kStdin = 0,
  kStdout = 1,
  kStderr = 2,
  kExitStatus = 3,
  kSignal = 4,
  kResize = 5,
  kTiming = 6,
  kOutOfMemory = 7,
  kInputTaken = 8
};

inline constexpr size_t kFrameHeaderSize = 8;
inline constexpr size_t kMaxPayload = 64 * 1024;
inline constexpr size_t kInputWindow = 64 * 1024;

using FrameHeader = std::array<unsigned char, kFrameHeaderSize>;

constexpr FrameHeader make_frame_header(Stream stream, std::uint32_t size) {
  return {static_cast<unsigned char>(stream),
          0,
          0,
          0,
          static_cast<unsigned char>(size >> 24),
          static_cast<unsigned char>(size >> 16),
          static_cast<unsigned char>(size >> 8),
          static_cast<unsigned char>(size)};
}
constexpr Stream frame_stream(const FrameHeader& header) {
  return static_cast<Stream>(header[0]);
}
constexpr std::uint32_t frame_size(const FrameHeader& header) {
  return std::uint32_t{header[4]} << 24 | std::uint32_t{header[5]} << 16 | std::uint32_t{header[6]} << 8 | header[7];
}

inline std::string print_frame(Stream stream, std::string_view payload) {  // at most kMaxPayload
  const FrameHeader header = make_frame_header(stream, static_cast<std::uint32_t>(payload.size()));
  return std::string(header.begin(), header.end()).append(payload);
}

// The payload of kInputTaken: four bytes, most significant first.
inline std::string print_count(std::uint32_t count) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(count >> shift & 0xff);
  return text;
}
constexpr std::uint32_t parse_count(std::string_view four) {
  std::uint32_t count = 0;
  for (const char c : four) count = count << 8 | static_cast<unsigned char>(c);
  return count;
}

// The payload of kResize, as one number: rows << 16 | columns.
constexpr std::uint32_t terminal_size(std::uint16_t rows, std::uint16_t columns) {
  return std::uint32_t{rows} << 16 | columns;
}

}  // namespace minibox::wire
