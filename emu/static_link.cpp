// Linked only into a static execscope (CMakeLists.txt), in place of functions that mean nothing there.
// What starts a static program (gcc's crtbeginT.o) registers .eh_frame as was done before PT_GNU_EH_FRAME: the first exception would
// then sort tens of thousands of entries that the linker has sorted already. SQLite would load its extensions, of which none is used.
extern "C" void registerFrames(const void*, void*) asm("__wrap___register_frame_info");
extern "C" void* deregisterFrames(const void*) asm("__wrap___deregister_frame_info");
extern "C" void* openLibrary(const char*, int) asm("__wrap_dlopen");

void registerFrames(const void*, void*) {}
void* deregisterFrames(const void*) { return nullptr; }
void* openLibrary(const char*, int) { return nullptr; }
