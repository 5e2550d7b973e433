(* Variants, closures, functors, exceptions, the garbage collector, Buffer and Printf, Hashtbl, files, Unix processes and threads. *)
module IntMap = Map.Make (Int)

type tree = Leaf | Node of tree * int * tree

let rec insert x = function
  | Leaf -> Node (Leaf, x, Leaf)
  | Node (l, y, r) when x < y -> Node (insert x l, y, r)
  | Node (l, y, r) when x > y -> Node (l, y, insert x r)
  | node -> node

let rec depth = function Leaf -> 0 | Node (l, _, r) -> 1 + max (depth l) (depth r)
let rec fold f acc = function Leaf -> acc | Node (l, x, r) -> fold f (f (fold f acc l) x) r

exception Own of string

let attempt name f =
  match f () with
  | value -> Printf.printf "%s: %d\n" name value
  | exception Own text -> Printf.printf "%s: own %s\n" name text
  | exception Not_found -> Printf.printf "%s: not found\n" name
  | exception Division_by_zero -> Printf.printf "%s: division\n" name
  | exception Invalid_argument text -> Printf.printf "%s: %s\n" name text
  | exception Stack_overflow -> Printf.printf "%s: stack overflow\n" name

let rec endless n = 1 + endless (n + 1)

let collect () =
  let before = (Gc.quick_stat ()).Gc.major_collections in
  let finalised = ref 0 in
  for _ = 1 to 20 do
    let block = Bytes.make 1000 'x' in
    Gc.finalise (fun _ -> incr finalised) block
  done;
  let kept = List.init 20000 (fun i -> (i, string_of_int i)) in
  let weak = Weak.create 1 in
  Weak.set weak 0 (Some (Bytes.create 10));
  for i = 1 to 20 do
    ignore (Sys.opaque_identity (Array.make (i * 1000) (ref i)))
  done;
  Gc.compact ();
  Printf.printf "%d %b %d %b\n" (List.length kept) ((Gc.quick_stat ()).Gc.major_collections > before) !finalised (Weak.check weak 0)

let files () =
  let out = open_out "caml.txt" in
  for i = 1 to 100 do Printf.fprintf out "%d %s\n" i (String.make (i mod 7) '*') done;
  close_out out;
  let input = open_in "caml.txt" in
  let sum = ref 0 in
  (try while true do Scanf.sscanf (input_line input) "%d" (fun n -> sum := !sum + n) done with End_of_file -> close_in input);
  Printf.printf "%d %d %b\n" !sum (Unix.stat "caml.txt").Unix.st_size (Sys.file_exists "none");
  Sys.remove "caml.txt"

let processes () =
  let pipe_out, pipe_in = Unix.pipe () in
  flush stdout;
  (match Unix.fork () with
   | 0 -> ignore (Unix.write_substring pipe_in "from the child" 0 14); Unix._exit 9
   | pid ->
     let buffer = Bytes.create 64 in
     let n = Unix.read pipe_out buffer 0 64 in
     (match snd (Unix.waitpid [] pid) with
      | Unix.WEXITED status -> Printf.printf "%s %d\n" (Bytes.sub_string buffer 0 n) status
      | _ -> print_endline "?"));
  let channel = Unix.open_process_in "echo piped; exit 3" in
  let line = input_line channel in
  Printf.printf "%s %b\n" line (Unix.close_process_in channel = Unix.WEXITED 3);
  let mutex = Mutex.create () and total = ref 0 in
  let work n = for i = 1 to 1000 do Mutex.lock mutex; total := !total + (i * n); Mutex.unlock mutex; if i mod 100 = 0 then Thread.yield () done in
  List.iter Thread.join (List.map (Thread.create work) [1; 2; 3]);
  Printf.printf "%d\n" !total

let () =
  let seed = ref 12345 in
  let next () = seed := (!seed * 1103515245 + 12345) land 0x3fffffff; !seed mod 5000 in
  let tree = List.fold_left (fun t _ -> insert (next ()) t) Leaf (List.init 3000 Fun.id) in
  Printf.printf "%d %d\n" (depth tree) (fold ( + ) 0 tree);
  let map = List.fold_left (fun m i -> IntMap.add (i mod 10) i m) IntMap.empty (List.init 100 Fun.id) in
  IntMap.iter (Printf.printf "%d:%d ") map;
  let table = Hashtbl.create 16 in
  List.iter (fun w -> Hashtbl.replace table w (1 + try Hashtbl.find table w with Not_found -> 0)) ["a"; "b"; "a"; "c"; "a"];
  Printf.printf "%d %d\n" (Hashtbl.find table "a") (Hashtbl.length table);
  attempt "own" (fun () -> raise (Own "mine"));
  attempt "list" (fun () -> List.find (fun x -> x > 5) [1; 2]);
  attempt "division" (fun () -> 1 / Sys.opaque_identity 0);
  attempt "array" (fun () -> [|1; 2|].(Sys.opaque_identity 2));
  attempt "stack" (fun () -> endless 0);
  Printf.printf "%8.3f|%-5s|%05d|%x|%S|%Ld|%.12g\n" 3.14159 "ab" 42 255 "q\"\n" Int64.max_int (sqrt 2.0);
  collect ();
  files ();
  processes ();
  at_exit (fun () -> print_endline "at exit");
  exit 4
