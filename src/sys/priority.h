// How much of the processor a thread gets when others want it too.
#pragma once

namespace minibox::sys {

// The calling thread's share from now on: a tenth of an ordinary one's. Not being allowed to changes nothing.
void try_lower_priority();

}  // namespace minibox::sys
