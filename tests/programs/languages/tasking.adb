--  Tasks with rendezvous, selective accept, delays and aborts; protected objects; exceptions; controlled types; text files.
with Ada.Calendar;
with Ada.Containers.Ordered_Maps;
with Ada.Exceptions;
with Ada.Finalization;
with Ada.Real_Time; use Ada.Real_Time;
with Ada.Strings.Unbounded; use Ada.Strings.Unbounded;
with Ada.Text_IO; use Ada.Text_IO;
with GNAT.OS_Lib;

procedure Tasking is
   Wrong : exception;

   protected type Buffer is
      entry Put (Item : Integer);
      entry Take (Item : out Integer);
      function Level return Natural;
   private
      Items : String (1 .. 4) := (others => ' ');
      Store : Integer := 0;
      Used  : Natural := 0;
   end Buffer;

   protected body Buffer is
      entry Put (Item : Integer) when Used = 0 is
      begin
         Store := Item;
         Used := 1;
         Items (1) := 'x';
      end Put;

      entry Take (Item : out Integer) when Used = 1 is
      begin
         Item := Store;
         Used := 0;
      end Take;

      function Level return Natural is (Used);
   end Buffer;

   Channel : Buffer;

   task type Producer (First : Integer);
   task body Producer is
   begin
      for I in First .. First + 199 loop
         Channel.Put (I);
      end loop;
   end Producer;

   task Server is
      entry Ask (Question : Integer; Answer : out Integer);
      entry Stop;
   end Server;

   task body Server is
      Served, Idle : Natural := 0;
      Told         : Integer;
   begin
      loop
         select
            accept Ask (Question : Integer; Answer : out Integer) do
               if Question < 0 then
                  raise Wrong with "negative";
               end if;
               Answer := Question * Question;
            end Ask;
            Served := Served + 1;
         or
            accept Stop;
            Put_Line ("served" & Served'Image);
            exit;
         or
            delay 0.001;
            Idle := Idle + 1;
         end select;
      end loop;
   exception
      when E : Wrong =>
         Channel.Take (Told);
         Put_Line ("server: " & Ada.Exceptions.Exception_Message (E));
   end Server;

   type Guard is new Ada.Finalization.Limited_Controlled with record
      Number : Integer;
   end record;
   overriding procedure Finalize (Object : in out Guard);
   overriding procedure Finalize (Object : in out Guard) is
   begin
      Put_Line ("finalize" & Object.Number'Image);
   end Finalize;

   procedure Exceptions is
      type Table is array (1 .. 10) of Integer;
      Values : Table := (others => 1);
      Index  : Integer := Integer'Value ("11");
      Small  : Integer range 0 .. 5 := 5;
   begin
      begin
         Values (Index) := 1;
      exception
         when Constraint_Error => Put_Line ("index");
      end;
      begin
         Small := Small + Values (1);
      exception
         when Constraint_Error => Put_Line ("range");
      end;
      begin
         Index := Integer'Last;
         Index := Index + Values (2);
      exception
         when Constraint_Error => Put_Line ("overflow");
      end;
      declare
         Inside : Guard;
      begin
         Inside.Number := Small;
         raise Program_Error;
      exception
         when Program_Error => Put_Line ("handled");
      end;
   end Exceptions;

   package Maps is new Ada.Containers.Ordered_Maps (Unbounded_String, Integer);
   Map   : Maps.Map;
   File  : File_Type;
   Sum   : Integer := 0;
   Value : Integer;
   Start : constant Time := Clock;
begin
   declare
      First  : Producer (1);
      Second : Producer (1001);
   begin
      for I in 1 .. 400 loop
         Channel.Take (Value);
         Sum := Sum + Value;
      end loop;
   end;
   Put_Line ("sum" & Sum'Image & Channel.Level'Image);
   Server.Ask (12, Value);
   Put_Line ("answer" & Value'Image);
   delay 0.005;
   Put_Line (Boolean'Image (Clock - Start >= Milliseconds (5)));
   select
      Channel.Take (Value);
   or
      delay 0.002;
      Put_Line ("nothing to take");
   end select;
   select
      delay 0.002;
      Put_Line ("aborted");
   then abort
      loop
         Sum := (Sum + 1) mod 1000;
         delay 0.0001;
      end loop;
   end select;
   begin
      Server.Ask (-1, Value);
   exception
      when E : Wrong =>
         Put_Line ("client: " & Ada.Exceptions.Exception_Message (E));
         Channel.Put (0);
   end;
   begin
      Server.Stop;
   exception
      when Tasking_Error => Put_Line ("server is gone");
   end;
   Exceptions;
   Create (File, Out_File, "ada.txt");
   for I in 1 .. 30 loop
      Put_Line (File, "line" & I'Image);
      Map.Include (To_Unbounded_String ("key" & Integer'Image (I mod 4)), I);
   end loop;
   Close (File);
   Open (File, In_File, "ada.txt");
   Sum := 0;
   while not End_Of_File (File) loop
      Sum := Sum + Get_Line (File)'Length;
   end loop;
   Delete (File);
   for Position in Map.Iterate loop
      Put (To_String (Maps.Key (Position)) & Integer'Image (Maps.Element (Position)) & ";");
   end loop;
   Put_Line (Sum'Image & Boolean'Image (Ada.Calendar.Year (Ada.Calendar.Clock) > 2000));
   GNAT.OS_Lib.OS_Exit (8);
end Tasking;
