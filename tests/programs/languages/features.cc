// Exceptions through every kind of frame, iostreams, containers, std::thread and its kin, filesystem, chrono.
#include <algorithm>
#include <any>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <thread>
#include <typeinfo>
#include <unordered_map>
#include <variant>
#include <vector>

struct Noisy {
    int n;
    explicit Noisy(int value) : n(value) {}
    ~Noisy() { std::cout << "~" << n << " "; }
};

struct Base {
    virtual ~Base() = default;
    virtual std::string name() const { return "base"; }
};

struct Derived : Base {
    std::string name() const override { return "derived"; }
};

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static int deep(int depth)
{
    Noisy noisy(depth);
    if (depth == 0)
        throw Failure("deep");
    return deep(depth - 1) + 1;
}

static void exceptions()
{
    try {
        deep(5);
    } catch (const std::exception& e) {
        std::cout << "\n" << typeid(e).name() << " " << e.what() << "\n";
    }
    auto attempt = [](const char* what, auto&& body) {
        try {
            body();
        } catch (const std::exception& e) {
            std::cout << what << ": exception\n";
        } catch (int number) {
            std::cout << what << ": " << number << "\n";
        }
    };
    attempt("at", [] { std::vector<int>(3).at(7); });
    attempt("cast", [] { Base base; (void)dynamic_cast<Derived&>(base); });
    attempt("new", [] { volatile size_t huge = size_t(1) << 62; delete[] new char[huge]; });
    attempt("stoi", [] { std::stoi("x"); });
    attempt("any", [] { std::any_cast<int>(std::any(1.5)); });
    attempt("variant", [] { std::get<int>(std::variant<int, double>(1.5)); });
    attempt("rethrow", [] {
        std::exception_ptr kept;
        try {
            throw 42;
        } catch (...) {
            kept = std::current_exception();
        }
        std::rethrow_exception(kept);
    });
    attempt("sort", [] {
        std::vector<int> numbers(100);
        std::sort(numbers.begin(), numbers.end(), [n = 0](int, int) mutable { return ++n > 50 ? throw 7 : false; });
    });
    long caught = 0;
    for (int i = 0; i < 2000; i++)
        try {
            throw i;
        } catch (int number) {
            caught += number;
        }
    std::cout << caught << " " << std::uncaught_exceptions() << "\n";
}

static void streams()
{
    std::ostringstream text;
    text << std::hex << std::showbase << 255 << " " << std::oct << 8 << std::dec << " " << std::setw(8) << std::setfill('*') << 42 << " "
         << std::fixed << std::setprecision(3) << 3.14159 << " " << std::scientific << 12345.678 << " " << std::boolalpha << true << " "
         << std::quoted("a \"b\"") << " " << std::defaultfloat << 1e-10 << " " << std::left << std::setw(5) << 'x' << "|";
    std::cout << text.str() << "\n";
    std::istringstream in("12 0x1f 3.5 word\nthe rest\n9999999999999");
    int whole, sixteen;
    double real;
    std::string word, line;
    in >> whole >> std::hex >> sixteen >> std::dec >> real >> word;
    std::getline(in >> std::ws, line);
    std::cout << whole << " " << sixteen << " " << real << " " << word << " [" << line << "] ";
    in >> whole;
    std::cout << in.fail() << " " << whole << "\n";
    std::ofstream("numbers.txt") << "one\ntwo\nthree\n";
    std::fstream file("numbers.txt", std::ios::in | std::ios::out | std::ios::ate);
    file << "four\n";
    file.seekg(4);
    file >> word;
    std::cout << word << " " << std::filesystem::file_size("numbers.txt") << "\n";
    std::filesystem::create_directories("tree/a/b");
    std::ofstream("tree/a/file") << 1;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("tree"))
        names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    for (const auto& name : names)
        std::cout << name << " ";
    std::cout << std::filesystem::remove_all("tree") << "\n";
}

static void containers()
{
    std::mt19937_64 engine(7);
    std::vector<std::uint64_t> numbers(20000);
    std::generate(numbers.begin(), numbers.end(), std::ref(engine));
    std::sort(numbers.begin(), numbers.end());
    std::unordered_map<std::uint64_t, int> counts;
    std::map<std::string, std::set<int>> groups;
    for (auto n : numbers) {
        counts[n % 1000]++;
        groups["k" + std::to_string(n % 7)].insert(int(n % 11));
    }
    std::cout << std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}) << " " << counts.size();
    for (const auto& [key, values] : groups)
        std::cout << " " << key << ":" << values.size();
    std::cout << "\n";
    std::unique_ptr<Base> base = std::make_unique<Derived>();
    std::function<std::string()> call = [p = std::shared_ptr<Base>(std::move(base))] { return p->name(); };
    std::optional<int> empty;
    std::cout << call() << " " << empty.value_or(3) << " " << std::visit([](auto v) { return double(v); }, std::variant<int, double>(2.5)) << "\n";
}

static void threads()
{
    std::mutex mutex;
    std::condition_variable ready;
    std::shared_mutex shared;
    std::atomic<long> sum{0};
    std::vector<int> order;
    std::vector<std::thread> workers;
    bool go = false;
    for (int i = 0; i < 4; i++)
        workers.emplace_back([&, i] {
            std::unique_lock lock(mutex);
            ready.wait(lock, [&] { return go; });
            order.push_back(i);
            lock.unlock();
            for (int n = 0; n < 1000; n++) {
                std::shared_lock reading(shared);
                sum += n;
            }
            std::unique_lock writing(shared);
            try {
                throw Failure("in a thread");
            } catch (const Failure&) {
                sum += 1;
            }
        });
    {
        std::lock_guard lock(mutex);
        go = true;
    }
    ready.notify_all();
    for (auto& worker : workers)
        worker.join();
    std::cout << sum << " " << order.size() << "\n";
    auto future = std::async(std::launch::async, [] { return deep(2); });
    try {
        future.get();
    } catch (const Failure& e) {
        std::cout << "from the future: " << e.what() << "\n";
    }
    std::promise<int> promise;
    std::thread([&] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); promise.set_value(9); }).detach();
    std::cout << promise.get_future().get() << "\n";
    std::once_flag once;
    thread_local int own = 1;
    std::thread([&] { own = 5; std::call_once(once, [] { std::cout << "once "; }); }).join();
    std::call_once(once, [] { std::cout << "twice "; });
    std::cout << own << "\n";
}

int main()
{
    std::ios::sync_with_stdio(false);
    exceptions();
    streams();
    containers();
    threads();
    std::set_terminate([] { std::cout << "terminated" << std::endl; std::_Exit(6); });
    throw Failure("nobody catches this");
}
