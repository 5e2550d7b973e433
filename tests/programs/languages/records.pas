{ Units, classes, exceptions, sets, dynamic arrays, strings, text and typed files, SysUtils; no C library. }
program Records;
{$mode objfpc}{$H+}
uses Classes, SysUtils, Math;

type
  TColour = (Red, Green, Blue);
  TColours = set of TColour;
  TPoint3 = packed record
    X, Y: Double;
    Name: string[10];
    Colours: TColours;
  end;
  EOwn = class(Exception);
  TAnimal = class
    function Sound: string; virtual; abstract;
  end;
  TDog = class(TAnimal)
    destructor Destroy; override;
    function Sound: string; override;
  end;

destructor TDog.Destroy;
begin
  WriteLn('gone');
  inherited;
end;

function TDog.Sound: string;
begin
  Result := 'woof';
end;

procedure Exceptions;
var
  Zero, Number: Integer;
  Nothing: ^Integer;
begin
  Zero := 0;
  Nothing := nil;
  try
    WriteLn(5 div Zero);
  except
    on E: EDivByZero do WriteLn(E.ClassName);
  end;
  try
    WriteLn(Nothing^);
  except
    on E: EAccessViolation do WriteLn(E.ClassName);
  end;
  try
    try
      Number := StrToInt('12x');
      WriteLn(Number);
    finally
      WriteLn('finally');
    end;
  except
    on E: EConvertError do WriteLn(E.Message);
  end;
  try
    raise EOwn.CreateFmt('own %d', [7]);
  except
    on E: EOwn do WriteLn(E.Message);
  end;
end;

procedure Files;
var
  Lines: Text;
  Points: file of TPoint3;
  Point: TPoint3;
  Line: string;
  Count, I: Integer;
begin
  Assign(Lines, 'pascal.txt');
  Rewrite(Lines);
  for I := 1 to 40 do
    WriteLn(Lines, I: 4, Sqrt(I): 10: 4, ' ', StringOfChar('x', I mod 5));
  Close(Lines);
  Reset(Lines);
  Count := 0;
  while not Eof(Lines) do
  begin
    ReadLn(Lines, Line);
    Count := Count + Length(Line);
  end;
  Close(Lines);
  Erase(Lines);
  Assign(Points, 'pascal.dat');
  Rewrite(Points);
  for I := 1 to 10 do
  begin
    Point.X := I / 4;
    Point.Y := -I;
    Point.Name := 'point' + IntToStr(I);
    Point.Colours := [TColour(I mod 3), Blue];
    Write(Points, Point);
  end;
  Seek(Points, 6);
  Read(Points, Point);
  WriteLn(Count, ' ', FileSize(Points), ' ', Point.Name, ' ', Point.X: 0: 2, ' ', Red in Point.Colours, ' ', Green in Point.Colours);
  Close(Points);
  {$I-}
  Reset(Points, 1);
  Assign(Lines, '/none/file');
  Reset(Lines);
  {$I+}
  WriteLn(IOResult, ' ', FileExists('pascal.dat'), ' ', DeleteFile('pascal.dat'), ' ', ExtractFileExt('a/b.txt'));
end;

var
  Numbers: array of Integer;
  List: TStringList;
  Animal: TAnimal;
  I: Integer;
begin
  SetLength(Numbers, 100);
  for I := 0 to High(Numbers) do
    Numbers[I] := (I * 7919) mod 101;
  WriteLn(SumInt(Numbers), ' ', MaxIntValue(Numbers), ' ', Format('%8.3f|%-6s|%x|%d', [3.14159, 'ab', 255, High(Int64)]));
  List := TStringList.Create;
  List.CommaText := 'pear,apple,"big fig",apple';
  List.Sort;
  WriteLn(List.CommaText, ' ', List.IndexOf('pear'), ' ', UpperCase('mixed'), ' ', Pos('c', 'abc'), ' ', Copy('pascal', 2, 3));
  List.Free;
  Animal := TDog.Create;
  WriteLn(Animal.Sound, ' ', Animal is TDog);
  Animal.Free;
  Exceptions;
  Files;
  WriteLn(FormatDateTime('yyyy-mm-dd hh:nn', EncodeDate(2024, 2, 29) + 1.5), ' ', DayOfWeek(EncodeDate(2026, 11, 22)));
  WriteLn(Power(2, 0.5): 0: 10, ' ', Round(2.5), ' ', Trunc(-2.7), ' ', Low(Int64));
  Halt(6);
end.
