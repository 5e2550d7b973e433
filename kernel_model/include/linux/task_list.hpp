// A list of tasks in order, as Linux's list_head links them: a task is taken out in constant time wherever it stands.
#pragma once

#include <initializer_list>
#include <iterator>
#include <list>
#include <unordered_map>

namespace kernel {

struct task_struct;

class TaskList {
public:
    using List = std::list<task_struct*>;
    TaskList() = default;
    TaskList(std::initializer_list<task_struct*> tasks) {
        for (task_struct* p : tasks) push_back(p);
    }
    TaskList(const TaskList&) = delete;
    TaskList& operator=(const TaskList&) = delete;
    TaskList& operator=(std::initializer_list<task_struct*> tasks) {
        clear();
        for (task_struct* p : tasks) push_back(p);
        return *this;
    }

    void push_back(task_struct* p) { places_[p] = list_.insert(list_.end(), p); }
    void push_front(task_struct* p) { places_[p] = list_.insert(list_.begin(), p); }
    void remove(task_struct* p) {
        const auto place = places_.find(p);
        if (place == places_.end()) return;
        list_.erase(place->second);
        places_.erase(place);
    }
    void replace(task_struct* old, task_struct* fresh) {
        const auto place = places_.find(old);
        if (place == places_.end()) return;
        *place->second = fresh;
        places_[fresh] = place->second;
        places_.erase(old);
    }
    task_struct* after(task_struct* p) const {              // in a circle; the first one, where p is not in it
        const auto place = places_.find(p);
        const auto next = place == places_.end() ? list_.end() : std::next(List::const_iterator(place->second));
        return next == list_.end() ? list_.front() : *next;
    }
    void assign(std::size_t, task_struct* p) { *this = {p}; }
    void clear() {
        list_.clear();
        places_.clear();
    }
    bool empty() const { return list_.empty(); }
    std::size_t size() const { return list_.size(); }
    task_struct* front() const { return list_.front(); }
    List::const_iterator begin() const { return list_.begin(); }
    List::const_iterator end() const { return list_.end(); }
    List copy() const { return list_; }     // for a walk that changes the list
    operator List() const { return list_; }

private:
    List list_;
    std::unordered_map<task_struct*, List::iterator> places_;   // for look-up only: its order shows nowhere
};

}  // namespace kernel
