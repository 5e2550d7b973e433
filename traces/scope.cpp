#include "traces/scope.hpp"

namespace traces {

CallScope::CallScope(std::string_view function, std::initializer_list<Attr> arguments) : function_(function) {
    Value args = Value::object();
    for (const Attr& argument : arguments) args.with(argument.name, argument.value);
    std::vector<Attr> attrs;
    attrs.push_back({"function", Value::text(function)});
    attrs.push_back({"args", std::move(args)});
    tracer().emit(Kind::call, std::move(attrs));
}

void CallScope::close(Value result, bool injected) {
    if (!tracer().on(Kind::ret)) return;
    std::vector<Attr> attrs;
    attrs.push_back({"function", Value::text(function_)});
    attrs.push_back({"result", std::move(result)});
    if (injected) attrs.push_back({"injected", Value::boolean(true)});
    tracer().emit(Kind::ret, std::move(attrs));
}

}  // namespace traces
