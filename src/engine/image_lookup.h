// Images as the use cases need them: there and unpacked, or an error that says what to do.
#pragma once

#include <memory>
#include <string>

#include "engine/container.h"
#include "engine/engine_state.h"
#include "store/image_store.h"

namespace minibox::engine {

store::ImagePointer require_image(EngineState& state, const std::string& reference);  // kNotFound
store::ImagePointer image_of(EngineState& state, const ContainerRecord& record);      // by digest

}  // namespace minibox::engine
