/* The interpreter of Lua: a script and its arguments; the status is what the script returns. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    lua_State *state = luaL_newstate();
    luaL_openlibs(state);
    lua_createtable(state, argc, 0);
    for (int i = 1; i < argc; i++) {
        lua_pushstring(state, argv[i]);
        lua_rawseti(state, -2, i - 1);
    }
    lua_setglobal(state, "arg");
    if (argc < 2 || luaL_loadfile(state, argv[1]) || lua_pcall(state, 0, 1, 0)) {
        fprintf(stderr, "%s\n", lua_tostring(state, -1));
        return 1;
    }
    int status = lua_tointeger(state, -1);
    lua_close(state);
    return status;
}
